import { lonePending } from '../../shared/secret-state.ts'
import { plain, type Terminal } from '../terminal.ts'
import { fromNow } from '../times.ts'
import type { Diagnosis } from './causes.ts'
import { whoseCode } from './released.ts'
import { type Answer, known, type Seen } from './seen.ts'
import { openWindow, windowsOf } from './windows.ts'
import { when } from './words.ts'

/** One line of the report: a thing that was looked at, and what was seen. */
export interface Looked {
  readonly what: string
  readonly saw: string
}

const orWhy = <T>(answer: Answer<T>, say: (is: T) => string) =>
  'is' in answer ? say(answer.is) : `not seen: ${answer.unknown}`

/** The lines about everything that was looked at; where something could not be seen, its line says why. */
export function lookedAt(seen: Seen): readonly Looked[] {
  const { now } = seen
  const secret = known(seen.secret)
  const lines: (Looked | undefined)[] = [
    {
      what: 'rotation',
      saw: orWhy(
        seen.secret,
        (is) => `${is.rotationEnabled === true ? 'on' : 'off'}, last ${fromNow(is.lastRotated, now)}`,
      ),
    },
    secret && { what: 'windows', saw: windowText(seen) },
    {
      what: 'versions',
      saw: orWhy(seen.versions, (is) => `${is.length}, pending: ${(secret && lonePending(secret)) ?? 'none'}`),
    },
    { what: 'policy of the secret', saw: orWhy(seen.policy, (is) => (is === undefined ? 'none' : 'read')) },
    {
      what: 'function',
      saw: orWhy(seen.lambda, (is) =>
        is === undefined ? 'gone' : `${is.name}, ${is.runtime}, ${is.timeoutSeconds} s, state ${is.state ?? 'unknown'}`,
      ),
    },
    codeOf(seen),
    {
      what: 'who may invoke it',
      saw: orWhy(nested(seen.lambda, 'policy'), (is) => (is === undefined ? 'nobody' : 'read')),
    },
    {
      what: 'concurrency',
      saw: orWhy(
        nested(seen.lambda, 'reserved'),
        (is) =>
          `${is ?? 'none'} reserved, ${orWhy(nested(seen.lambda, 'throttles'), (count) => `refused ${count} times in 3 days`)}`,
      ),
    },
    {
      what: 'role',
      saw: orWhy(
        seen.role,
        (is) => `${is.filter(({ decision }) => decision === 'allowed').length} of ${is.length} actions allowed`,
      ),
    },
    {
      what: 'KMS key',
      saw: orWhy(seen.key, (is) => (is === undefined ? 'aws/secretsmanager' : `${is.arn}, ${is.state}`)),
    },
    {
      what: 'network',
      saw: orWhy(seen.network, (is) =>
        is === undefined ? 'in no VPC' : `${is.vpcId}, ${is.endpoints.length} endpoints, ${is.subnets.length} subnets`,
      ),
    },
    { what: 'log', saw: orWhy(seen.log, (is) => `${is.length} lines of this secret`) },
    { what: 'CloudTrail', saw: orWhy(seen.traces, (is) => `${is.length} events of this secret`) },
    {
      what: 'alarms',
      saw: `trail ${orWhy(seen.alarms.trail, (is) => (is ? 'logging' : 'none'))}, rules ${orWhy(seen.alarms.rules, (is) => String(is.length))}`,
    },
    {
      what: 'probe',
      saw: orWhy(seen.probe, ({ findings, problem }) =>
        findings
          .map(({ about, labels = [], version = '', verdict, code }) => {
            const what = about === 'version' ? labels.join('+') || version : about
            return `${what} ${verdict === 'fails' ? (code ?? 'fails') : verdict}`
          })
          .concat(problem === undefined ? [] : `the secret ${problem.code ?? 'fails'}`)
          .join(', '),
      ),
    },
  ]
  return lines.filter((line) => line !== undefined)
}

/** The line about the function's code; none without a list of released code. */
function codeOf({ lambda, released }: Seen): Looked | undefined {
  const sha256 = known(lambda)?.codeSha256
  if (sha256 === undefined || released === undefined) return undefined
  return { what: 'code', saw: whoseCode(sha256, released) }
}

function nested<K extends 'policy' | 'reserved' | 'throttles'>(lambda: Seen['lambda'], key: K) {
  if (!('is' in lambda)) return lambda
  return lambda.is === undefined ? ({ unknown: 'there is no function' } as const) : lambda.is[key]
}

/** The next windows, in UTC and in the time of the machine. */
function windowText({ secret, now }: Seen): string {
  const about = known(secret)
  if (about?.rules === undefined) return 'no schedule'
  const rule = about.rules.expression ?? `every ${about.rules.days} days`
  const windows = windowsOf(about, now)
  if (windows.length === 0) return rule
  const open = openWindow(windows, now) === undefined ? '' : ', open now'
  return [`${rule}${open}`, ...windows.map(({ opens, closes }) => `  ${when(opens)} to ${when(closes)}`)].join('\n')
}

/** The report for people: a few lines about what was seen, then the findings. */
export function forPeople(seen: Seen, found: readonly Diagnosis[], { paint }: Terminal): string[] {
  const looked = lookedAt(seen)
  const width = Math.max(...looked.map(({ what }) => what.length))
  const indent = ' '.repeat(width + 4)
  const lines = looked.map(
    ({ what, saw }) => `  ${paint('dim', what.padEnd(width))}  ${inLines(saw).join(`\n${indent}`)}`,
  )
  const wrong = found.filter(({ certainty }) => certainty !== 'note')
  if (wrong.length === 0) lines.push('', paint('green', 'Nothing was found that stops rotations.'))
  for (const each of found) lines.push('', ...finding(each, paint))
  return lines
}

/** Makes texts of others (logs, policies, names) harmless for a terminal. */
const inLines = (text: string) => text.split('\n').map(plain)

const headings = { sure: 'Certain', likely: 'Likely', note: 'Note' } as const
const colours = { sure: 'red', likely: 'yellow', note: 'dim' } as const

function finding({ certainty, title, saw, remedy, command }: Diagnosis, paint: Terminal['paint']): string[] {
  const lines = [
    `${paint(colours[certainty], `${headings[certainty]}:`)} ${paint('bold', title)}`,
    `  ${inLines(saw).join('\n')}`,
    `  ${inLines(remedy).join('\n')}`,
  ]
  return command === undefined ? lines : [...lines, `    ${inLines(command).join('\n')}`]
}

/** The report for programs: a line for each thing that was looked at, and one for each finding. */
export function forPrograms(seen: Seen, found: readonly Diagnosis[]): string[] {
  const secret = known(seen.secret)?.arn
  const looked = lookedAt(seen).map(({ what, saw }) => JSON.stringify({ secret, looked: what, saw }))
  const windows = windowsOf(known(seen.secret) ?? { rules: undefined, nextRotation: undefined }, seen.now).map(
    ({ opens, closes }) => ({
      opens: new Date(opens).toISOString(),
      closes: new Date(closes).toISOString(),
    }),
  )
  const findings = found.map(({ number, ...each }) => JSON.stringify({ secret, cause: number, ...each }))
  return [...looked, JSON.stringify({ secret, windows }), ...findings]
}
