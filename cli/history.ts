import type { Trace } from './aws/trail.ts'

/** A rotation, put together of CloudTrail's events and the log. Times are milliseconds since 1970. */
export interface Rotation {
  readonly version: string
  readonly kind: 'rotation' | 'test'
  readonly begin: number
  /** The end; undefined while the rotation is under way, or where its end is not known. */
  readonly end: number | undefined
  readonly outcome: 'succeeded' | 'failed' | 'abandoned' | 'open'
  /** How often Secrets Manager has begun it. */
  readonly attempts: number
  /** The step in which it failed last. */
  readonly step: string | undefined
  readonly code: string | undefined
}

/** A change that somebody else than the function has made. */
export interface Write {
  readonly time: number
  readonly event: string
  readonly by: string
  /** The version of the rotation that was under way then, where the change may have disturbed it. */
  readonly during: string | undefined
}

/** A failed step, as the function has logged it. */
export interface Failure {
  readonly version: string | undefined
  readonly step: string | undefined
  readonly code: string | undefined
  readonly time: number
}

/** The rotations in some events of one secret, oldest first. A rotation that is tried again keeps its version. */
export function rotationsIn(traces: readonly Trace[], failures: readonly Failure[]): readonly Rotation[] {
  const ofRotations = traces.filter(({ event, version }) => /Rotation/.test(event) && version !== undefined)
  // Map.groupBy came after Node 20.
  const byVersion = new Map<string, Trace[]>()
  for (const each of ofRotations)
    byVersion.set(each.version ?? '', [...(byVersion.get(each.version ?? '') ?? []), each])
  return [...byVersion]
    .map(([version, events]) => rotationOf(version, events, failures))
    .sort((a, b) => a.begin - b.begin || (a.end ?? Infinity) - (b.end ?? Infinity))
}

function rotationOf(version: string, events: readonly Trace[], failures: readonly Failure[]): Rotation {
  const [first] = events
  const ends = events.filter(({ event }) => /(Succeeded|Failed|Abandoned)$/.test(event))
  const last = ends.at(-1)
  const starts = events.filter(({ event }) => event.endsWith('Started'))
  const isOpen = last === undefined || (starts.at(-1)?.time ?? 0) > last.time
  const outcome = isOpen
    ? 'open'
    : last.event.endsWith('Succeeded')
      ? 'succeeded'
      : last.event.endsWith('Failed')
        ? 'failed'
        : 'abandoned'
  const said = outcome === 'succeeded' ? undefined : failures.findLast((each) => each.version === version)
  const step = outcome === 'succeeded' ? undefined : (/during (\w+) step/.exec(last?.error ?? '')?.[1] ?? said?.step)
  return {
    version,
    kind: first?.event.startsWith('Test') ? 'test' : 'rotation',
    begin: first?.time ?? 0,
    end: isOpen ? undefined : last.time,
    outcome,
    attempts: Math.max(1, starts.length),
    step,
    code: said?.code,
  }
}

/**
 * Finds the writes that are not the function's.
 * @param roleName the name of the function's role, whose writes are part of a rotation
 */
export function writesIn(
  traces: readonly Trace[],
  rotations: readonly Rotation[],
  roleName: string | undefined,
): readonly Write[] {
  return traces
    .filter(({ event, error }) => !/Rotation(Started|Succeeded|Failed|Abandoned)$/.test(event) && error === undefined)
    .filter(({ by }) => roleName === undefined || !by.includes(`:assumed-role/${roleName}/`))
    .map(({ time, event, by }) => {
      // RotateSecret starts a rotation, mostly in the second in which CloudTrail has the start, and disturbs none.
      const disturbs = event !== 'RotateSecret'
      const during = rotations.find(({ begin, end }) => time >= begin && (end === undefined || time <= end))
      return { time, event, by, during: disturbs ? during?.version : undefined }
    })
}
