import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { jsonObject } from '../json.ts'
import { plain } from '../terminal.ts'
import { ask } from './ask.ts'
import { type Connection, clientSettings } from './connection.ts'

/** A step of a rotation, as the function that ran it has logged it. */
export interface StepLine {
  readonly id: string
  readonly at: number
  readonly step: string
  readonly ok: boolean
  readonly durationMs: number | undefined
  /** The things that the step has done, in words. */
  readonly done: readonly string[]
  /** Set where the step failed: the code, the message with cause and remedy, and whether trying again can help. */
  readonly code: string | undefined
  readonly error: string | undefined
  readonly retryable: boolean | undefined
}

export interface Logs {
  /** The steps for one version since some time, oldest first. Throws CannotAsk. */
  steps(group: string, version: string, since: number): Promise<readonly StepLine[]>
}

export function logsOf(connection: Connection): Logs {
  const client = new CloudWatchLogsClient(clientSettings(connection))
  return {
    async steps(logGroupName, version, startTime) {
      const lines: StepLine[] = []
      let nextToken: string | undefined
      do {
        const more = nextToken === undefined ? {} : { nextToken }
        const filterPattern = `{ $.version = "${version}" }`
        const call = client.send(new FilterLogEventsCommand({ logGroupName, filterPattern, startTime, ...more }))
        const page = await ask('logs:FilterLogEvents', call)
        for (const { eventId = '', timestamp = 0, message = '' } of page.events ?? [])
          lines.push(...stepIn(eventId, timestamp, message))
        nextToken = page.nextToken
      } while (nextToken !== undefined)
      return lines.sort((one, other) => one.at - other.at)
    },
  }
}

/** The line of a step; none for any other line. Its texts are made harmless for a terminal. */
function stepIn(id: string, at: number, message: string): StepLine[] {
  // Lambda writes the time and the request before a line that a function has written in plain text.
  const line = jsonObject(message.slice(Math.max(message.indexOf('{'), 0)))
  const ok = line?.message === 'step succeeded'
  if (line === undefined || (!ok && line.message !== 'step failed')) return []
  const { step, durationMs, done, code, error, retryable } = line
  const said = typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : undefined
  return [
    {
      id,
      at,
      step: plain(String(step)),
      ok,
      durationMs: typeof durationMs === 'number' ? durationMs : undefined,
      done: Array.isArray(done) ? done.map((each) => plain(String(each))) : [],
      code: code === undefined ? undefined : plain(String(code)),
      error: said === undefined ? undefined : plain(said),
      retryable: typeof retryable === 'boolean' ? retryable : undefined,
    },
  ]
}
