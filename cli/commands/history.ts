import { clientSettings } from '../aws/connection.ts'
import { secretsOf } from '../aws/secrets.ts'
import { command, exitCodes, oneSecret } from '../command.ts'
import { parsedArn } from '../doctor/arn.ts'
import { answerTo } from '../doctor/ask.ts'
import { known } from '../doctor/seen.ts'
import { UsageError } from '../failures.ts'
import { type Rotation, rotationsIn, type Write, writesIn } from '../history.ts'
import { table } from '../table.ts'
import { plain, type Terminal } from '../terminal.ts'
import { day, hour, span } from '../times.ts'

const help = `Shows the rotations of a secret: when, how they ended, in which step and with which code; and who else has written it.

  keyturn history SECRET [--since 90d] [--json]

  --since  how far back: 12h, 30d; 90 days, which CloudTrail keeps without a trail, unless given

What CloudTrail says is some minutes late. It answers two calls a second, so this may take a while. Newest first.
Exit code: 0 the last rotation has succeeded, 1 it has not, or there was none, 2 wrong arguments, 3 AWS could not be asked.

Example:
  keyturn history my/database --since 30d
`

/** How many pages of 50 events are read of each name; where there are more, the command says so. */
const mostPages = 20

export default command({
  help,
  options: { since: { type: 'string', default: '90d' } },
  async run({ values, names, terminal, connection }) {
    const now = Date.now()
    const since = now - lengthGiven(values.since)
    const name = oneSecret(names)
    const secret = await secretsOf(connection).describe(name)
    if (secret === undefined) {
      terminal.note(`There is no secret ${name} in this Region and account.`)
      return exitCodes.attention
    }
    const settings = { ...clientSettings(connection), ...regionOf(secret.arn) }
    terminal.progress('asks CloudTrail ...')
    const [{ tracesOf, rotationEvents, testEvents, writingEvents }, { ask }] = await Promise.all([
      import('../aws/trail.ts'),
      import('../aws/ask.ts'),
    ])
    const wanted = [...rotationEvents, ...testEvents, ...writingEvents]
    const bound = { since, until: now, mostPages }
    const { traces, cutOff } = await ask('cloudtrail:LookupEvents', tracesOf(settings, secret.arn, wanted, bound))
    const { functionArn } = secret
    const said = functionArn === undefined ? undefined : await saidBy(settings, functionArn, secret.arn, since)
    const rotations = rotationsIn(traces, said?.failures ?? [])
    const writes = writesIn(traces, rotations, said?.roleName)
    const lines = values.json ? forPrograms(secret.arn, rotations, writes) : forPeople(rotations, writes, terminal)
    for (const line of lines) terminal.print(line)
    for (const { event, before } of cutOff)
      terminal.note(`There are more events ${event} than were looked at: before ${time(before)} some may be missing.`)
    if (rotations.length === 0) terminal.note('CloudTrail knows of no rotation in that time.')
    const last = rotations.findLast(({ kind }) => kind === 'rotation')
    return last?.outcome === 'succeeded' ? exitCodes.fine : exitCodes.attention
  },
})

type Settings = ReturnType<typeof clientSettings>

/** Facts that only the function's own log and configuration have. Where these may not be read, they are left out. */
async function saidBy(settings: Settings, functionArn: string, secretArn: string, since: number) {
  const [{ lambdaOf }, { failuresOf }] = await Promise.all([
    import('../doctor/services/lambda.ts'),
    import('../doctor/services/log.ts'),
  ])
  const lambda = known(
    await answerTo('lambda:GetFunctionConfiguration', () => lambdaOf(settings, functionArn, Date.now())),
  )
  if (lambda === undefined) return undefined
  const failures = await answerTo('logs:FilterLogEvents', () => failuresOf(settings, lambda.logGroup, secretArn, since))
  return { roleName: lambda.roleArn.replace(/^.*\//, ''), failures: known(failures) ?? [] }
}

function regionOf(arn: string) {
  const region = parsedArn(arn)?.region
  return region === undefined ? {} : { region }
}

/** @throws UsageError */
function lengthGiven(text: string): number {
  const [, count = '', unit] = /^(\d{1,4})(h|d)$/.exec(text) ?? []
  const length = Number(count) * (unit === 'h' ? hour : day)
  if (unit !== undefined && length > 0 && length <= 90 * day) return length
  throw new UsageError(`--since takes hours or days up to 90d, such as 12h or 30d, not "${text}".`)
}

const time = (ms: number) => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`

function forPeople(rotations: readonly Rotation[], writes: readonly Write[], { paint }: Terminal): string[] {
  const ofRotations = rotations.map((each) => ({
    at: each.begin,
    cells: [
      time(each.begin),
      each.kind,
      each.end === undefined ? '-' : span(each.end - each.begin),
      paint(each.outcome === 'succeeded' ? 'green' : each.outcome === 'open' ? 'yellow' : 'red', ended(each)),
    ],
  }))
  const ofOthers = writes.map(({ time: at, event, by, during }) => ({
    at,
    cells: [time(at), event, '', `${plain(by)}${during === undefined ? '' : `, during the rotation of ${during}`}`],
  }))
  const rows = [...ofRotations, ...ofOthers].sort((a, b) => b.at - a.at).map(({ cells }) => cells)
  if (rows.length === 0) return []
  return table([['WHEN', 'WHAT', 'TOOK', 'RESULT'].map((head) => paint('bold', head)), ...rows])
}

function ended({ outcome, step, code, attempts, version }: Rotation): string {
  const where = step === undefined ? '' : ` in ${step}`
  const why = code === undefined ? '' : `: ${code}`
  const often = attempts > 1 ? `, ${attempts} attempts` : ''
  return `${outcome === 'open' ? 'not ended' : outcome}${where}${why}${often}  (${version})`
}

function forPrograms(secret: string, rotations: readonly Rotation[], writes: readonly Write[]): string[] {
  const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString())
  const rows = [
    ...rotations.map((each) => ({ at: each.begin, row: { ...each, begin: iso(each.begin), end: iso(each.end) } })),
    ...writes.map((each) => ({ at: each.time, row: { ...each, kind: 'write', time: iso(each.time) } })),
  ]
  return rows.sort((a, b) => b.at - a.at).map(({ row }) => JSON.stringify({ secret, ...row }))
}
