import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import type { Settings } from '../../aws/connection.ts'
import { jsonObject } from '../../json.ts'
import type { LogLine } from '../seen.ts'

/** Words in the lines of Lambda and of AWS's functions that doctor reads. The pattern finds any of them. */
const words = [
  'Task timed out',
  'Runtime.',
  'Unable to import module',
  'RotationToken',
  'ERROR',
  'Unable to log into database',
  'NotImplementedError',
  'createSecret:',
  'setSecret:',
  'testSecret:',
  'finishSecret:',
]
const mostPages = 10
const mostCharacters = 2_000

/**
 * The lines of a function's log that tell of one secret, or of no secret at all, oldest first.
 * Throws what the SDK throws.
 * @param since milliseconds since 1970
 */
export async function linesOf(
  settings: Settings,
  group: string,
  secretArn: string,
  since: number,
): Promise<readonly LogLine[]> {
  const client = new CloudWatchLogsClient(settings)
  const own = await pages(client, group, `{ $.secret = "${secretArn}" }`, since)
  const others = await pages(client, group, words.map((word) => `?"${word}"`).join(' '), since)
  const lines = new Map(
    [...own, ...others].map((event) => [event.eventId ?? `${event.timestamp} ${event.message}`, event]),
  )
  return [...lines.values()]
    .filter(({ message = '' }) => !message.includes('"_aws"'))
    .map(({ timestamp = 0, message = '' }) => lineOf(timestamp, message.trimEnd()))
    .filter(({ secret, text }) => (secret === undefined ? isAbout(text, secretArn) : secret === secretArn))
    .sort((a, b) => a.time - b.time)
}

/** The failed steps of one secret in the log of one of Keyturn's functions, oldest first. Throws what the SDK throws. */
export async function failuresOf(
  settings: Settings,
  group: string,
  secretArn: string,
  since: number,
): Promise<readonly LogLine[]> {
  const pattern = `{ $.secret = "${secretArn}" && $.message = "step failed" }`
  const found = await pages(new CloudWatchLogsClient(settings), group, pattern, since)
  return found.map(({ timestamp = 0, message = '' }) => lineOf(timestamp, message.trimEnd()))
}

/** Whether a line may be about the secret: it names it, or names no secret at all. */
function isAbout(text: string, secretArn: string): boolean {
  return !/arn:[\w-]+:secretsmanager:/.test(text) || text.includes(secretArn)
}

async function pages(client: CloudWatchLogsClient, logGroupName: string, filterPattern: string, startTime: number) {
  const found = []
  let nextToken: string | undefined
  for (let page = 0; page < mostPages; page++) {
    const input = { logGroupName, filterPattern, startTime, ...(nextToken && { nextToken }) }
    const answer = await client.send(new FilterLogEventsCommand(input))
    found.push(...(answer.events ?? []))
    nextToken = answer.nextToken
    if (nextToken === undefined) break
  }
  return found
}

/** Keyturn's own lines are JSON, and were redacted before they were written. */
function lineOf(time: number, message: string): LogLine {
  const parsed = message.startsWith('{') ? jsonObject(message) : undefined
  const text = (name: string) => (typeof parsed?.[name] === 'string' ? parsed[name] : undefined)
  const error = parsed?.error
  const said = typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : undefined
  return {
    time,
    step: text('step'),
    version: text('version'),
    secret: text('secret'),
    code: text('code'),
    text: (said ?? message).slice(0, mostCharacters),
  }
}
