import type { Step } from '../../../shared/rotation/event.ts'

/** What Secrets Manager sends to a rotation function, one event for each step. */
export interface RotationEvent {
  readonly Step: Step
  readonly SecretId: string
  readonly ClientRequestToken: string
  readonly RotationToken: string
}

/** An error as Lambda returns it: `errorType` is the name of the error that the function threw. */
export interface FunctionError {
  readonly errorType: string
  readonly errorMessage: string
  readonly trace: readonly string[]
}

/** `logs` is all that the function wrote to its two streams during this invocation, `answer` what it returned as JSON. */
export type Invocation =
  | { readonly ok: true; readonly logs: string; readonly answer?: unknown }
  | { readonly ok: false; readonly error: FunctionError; readonly logs: string }

/** A function that can be invoked, wherever it runs. `invoke` never rejects: what goes wrong is in its answer. */
export interface RotationFunction {
  readonly id: string
  /** The function's ARN in the default Region. */
  readonly arn: string
  /** The handler as Lambda names it: its module's name, and `.handler`. */
  readonly handler?: string
  /** The runtime as Lambda names it; nodejs24.x when left out. */
  readonly runtime?: string
  /** The function's limits, where they are known here. */
  readonly timeoutMs?: number
  readonly memoryMb?: number
  /** @param region where it runs, and asks Secrets Manager; the default Region when left out */
  invoke(event: unknown, region?: string): Promise<Invocation>
  /** Kills what runs the function, in the middle of whatever it does; the invocation fails as a crash. */
  kill(): void
  close(): Promise<void>
}

export interface StepStarted {
  readonly phase: 'started'
  readonly kind: 'rotation' | 'test'
  readonly step: Step
  readonly secretName: string
  readonly secretArn: string
  readonly functionId: string
  /** The ClientRequestToken, which is the id of the pending version. */
  readonly token: string
  /** 1 for the first run, 2 for the first retry, … */
  readonly attempt: number
  /** When the step started, by the service's clock: milliseconds since the epoch. */
  readonly at: number
}

export type StepEnded = Omit<StepStarted, 'phase'> & {
  readonly phase: 'ended'
  readonly durationMs: number
  readonly outcome: 'succeeded' | 'failed'
  readonly error?: FunctionError
  readonly logs: string
}

export type StepListener = (step: StepStarted | StepEnded) => void
