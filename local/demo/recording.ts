import type { Step } from '../../shared/rotation/event.ts'

/** One use of the secret by one client. Times are milliseconds of `performance.now()`. */
export interface Use {
  /** Counted from 0. Clients that look for a new value come first. */
  readonly client: number
  /** Whether the client keeps its value until the next rotation. */
  readonly keeps: boolean
  readonly from: number
  readonly to: number
  /** When the client was refused. If it fetches the secret again then, it gets its answer all the same. */
  readonly refusedAt: readonly number[]
  readonly answered: boolean
}

export interface RecordedStep {
  readonly step: Step
  readonly from: number
  readonly to: number
  readonly failed: boolean
}

/** What happened while a secret was rotated, for the picture of it. */
export interface Recording {
  readonly uses: readonly Use[]
  /** The steps of each rotation. */
  readonly rotations: readonly (readonly RecordedStep[])[]
}

/** A picture of a thousand rotations shows none of them: two tell what there is to tell. */
const rotationsKept = 2

/** Takes down uses and steps as they end, up to the end of the second rotation and a little after. */
export function startRecording() {
  const uses: Use[] = []
  const rotations: RecordedStep[][] = []
  return {
    used(use: Use): void {
      if (rotations.length <= rotationsKept) uses.push(use)
    },
    rotationBegins(): void {
      rotations.push([])
    },
    stepEnded(step: Step, durationMs: number, failed: boolean): void {
      const to = performance.now()
      rotations.at(-1)?.push({ step, from: to - durationMs, to, failed })
    },
    recorded: (): Recording => ({ uses, rotations: rotations.slice(0, rotationsKept) }),
  }
}
