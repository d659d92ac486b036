import type { Invocation, RotationFunction } from '../functions/invocation.ts'
import type { Clock } from './clock.ts'

interface LogEvent {
  readonly eventId: string
  readonly timestamp: number
  readonly message: string
}

/** The lines that functions have written, as CloudWatch Logs keeps them: by log group, oldest first. */
export interface FunctionLogs {
  /** The lines of a group; undefined where there is no such group. */
  of(group: string): readonly LogEvent[] | undefined
  /** Gives the same function, but keeps the lines that it writes. */
  keptFor(lambda: RotationFunction): RotationFunction
}

/** How many lines of a function are kept; the oldest make room. */
const mostEvents = 10_000

export function createFunctionLogs(clock: Clock): FunctionLogs {
  const groups = new Map<string, LogEvent[]>()
  let count = 0
  function keep(events: LogEvent[], outcome: Invocation): void {
    const timestamp = clock.now()
    const lines = outcome.logs.split('\n').filter((line) => line.trim() !== '')
    // Where a function was ended from outside, Lambda says so in the function's log.
    if (!outcome.ok && /^(Sandbox|Runtime)\./.test(outcome.error.errorType)) lines.push(outcome.error.errorMessage)
    for (const message of lines) events.push({ eventId: String(count++).padStart(56, '0'), timestamp, message })
    events.splice(0, events.length - mostEvents)
  }
  return {
    of: (group) => groups.get(group),
    keptFor(lambda) {
      const events: LogEvent[] = []
      groups.set(`/aws/lambda/${lambda.id}`, events)
      const invoke = async (event: unknown, region?: string) => {
        const outcome = await lambda.invoke(event, region)
        keep(events, outcome)
        return outcome
      }
      return { ...lambda, invoke }
    },
  }
}
