import { lonePending, mayBeRotating, type SecretFacts, versionWith } from '../../shared/secret-state.ts'
import { type Secrets, secretsOf } from '../aws/secrets.ts'
import { command, exitCodes } from '../command.ts'
import { eachOf } from '../pool.ts'
import { stateOf, type Verdict } from '../secret-state.ts'
import { table } from '../table.ts'
import type { Terminal } from '../terminal.ts'
import { fromNow, span } from '../times.ts'

const help = `Shows how it stands with the rotation of secrets, a line for each.

  keyturn status [SECRET...] [--all] [--json]

  SECRET  names or ARNs; without any, all secrets of the Region that a function rotates
  --all   also those without rotation, those that AWS manages, replicas, and those that are being deleted

State: ok; rotating; stuck: a rotation that began more than an hour ago has not ended; overdue: its window is over;
off: rotation was switched off; managed by, replica of; deleted. AGE is how old the value may be: since the last
rotation, or since the secret was made. Of secrets that are named it is exact.
Exit code: 0 all is well, 1 a secret is stuck, overdue, off or not there, 2 wrong arguments, 3 AWS could not be asked.

Example:
  keyturn status my/database
`

/** A secret, and what was found out about it. */
interface Row {
  readonly secret: SecretFacts
  readonly verdict: Verdict
  readonly pendingSince: number | undefined
  readonly valueSince: number | undefined
}

const callsAtOnce = 8

export default command({
  help,
  options: { all: { type: 'boolean', default: false } },
  async run({ values, names, terminal, connection }) {
    const secrets = secretsOf(connection)
    const now = Date.now()
    const { rows, missing } =
      names.length > 0
        ? await named(names, secrets, now)
        : { rows: await everything(values.all, secrets, terminal, now), missing: [] }
    if (values.json) for (const row of rows) terminal.print(JSON.stringify(forPrograms(row)))
    else for (const line of forPeople(rows, terminal, now)) terminal.print(line)
    for (const name of missing) {
      if (values.json) terminal.print(JSON.stringify({ secret: name, state: 'missing', attention: true }))
      else terminal.note(`There is no secret ${name} in this Region and account.`)
    }
    if (names.length === 0 && !values.json) terminal.note(summary(rows))
    const late = rows.find(({ verdict: { state } }) => state === 'stuck' || state === 'overdue')
    if (late !== undefined && !values.json) terminal.note(`"keyturn doctor ${late.secret.name}" finds the cause.`)
    const worries = missing.length > 0 || rows.some(({ verdict }) => verdict.attention)
    return worries ? exitCodes.attention : exitCodes.fine
  },
})

async function named(names: readonly string[], secrets: Secrets, now: number) {
  const missing: string[] = []
  const found = await eachOf(names, callsAtOnce, async (name) => {
    const secret = await secrets.describe(name)
    if (secret === undefined) missing.push(name)
    return secret === undefined ? [] : [await withVersions(secret, secrets, now)]
  })
  return { rows: found.flat(), missing }
}

async function everything(all: boolean, secrets: Secrets, terminal: Terminal, now: number): Promise<Row[]> {
  const found: SecretFacts[] = []
  for await (const page of secrets.list(all)) {
    found.push(...page)
    terminal.progress(`${found.length} secrets ...`)
  }
  const wanted = found.filter(({ functionArn }) => all || functionArn !== undefined)
  wanted.sort((one, other) => (one.name < other.name ? -1 : 1))
  // A call for each secret would be thousands: the versions matter only where something is pending.
  return eachOf(wanted, callsAtOnce, async (secret) => {
    const pending = lonePending(secret) !== undefined
    if (pending && mayBeRotating(secret, now)) return withVersions(secret, secrets, now)
    const pendingSince = pending ? secret.lastChanged : undefined
    const valueSince = secret.lastRotated ?? secret.created
    return { secret, pendingSince, valueSince, verdict: stateOf(secret, pendingSince, now) }
  })
}

async function withVersions(secret: SecretFacts, secrets: Secrets, now: number): Promise<Row> {
  const versions = await secrets.versions(secret.arn)
  const madeAt = (wanted: string | undefined) => versions.find(({ id }) => id === wanted)?.created
  const pendingSince = madeAt(lonePending(secret))
  const valueSince = madeAt(versionWith(secret, 'AWSCURRENT'))
  return { secret, pendingSince, valueSince, verdict: stateOf(secret, pendingSince, now) }
}

function forPeople(rows: readonly Row[], { paint }: Terminal, now: number): string[] {
  const colour = ({ state, attention }: Verdict) => (attention ? 'red' : state === 'ok' ? 'green' : 'dim')
  const cells = rows.map(({ secret, verdict, valueSince }) => [
    secret.name,
    paint(colour(verdict), verdict.text),
    functionName(secret) ?? '-',
    fromNow(secret.lastRotated, now),
    fromNow(secret.nextRotation, now),
    valueSince === undefined ? '-' : span(now - valueSince),
  ])
  if (cells.length === 0) return []
  const heads = ['SECRET', 'STATE', 'FUNCTION', 'LAST', 'NEXT BY', 'AGE'].map((head) => paint('bold', head))
  return table([heads, ...cells])
}

function forPrograms({ secret, verdict, pendingSince, valueSince }: Row) {
  const time = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString())
  return {
    secret: secret.name,
    arn: secret.arn,
    state: verdict.state,
    attention: verdict.attention,
    says: verdict.text,
    function: secret.functionArn,
    lastRotated: time(secret.lastRotated),
    nextRotation: time(secret.nextRotation),
    valueSince: time(valueSince),
    pendingVersion: lonePending(secret),
    pendingSince: time(pendingSince),
  }
}

function functionName({ functionArn }: SecretFacts): string | undefined {
  return functionArn?.replace(/^.*:function:/, '')
}

function summary(rows: readonly Row[]): string {
  if (rows.length === 0) return 'No function rotates a secret in this Region. --all shows the others.'
  const counts = new Map<string, number>()
  for (const { verdict } of rows) counts.set(verdict.state, (counts.get(verdict.state) ?? 0) + 1)
  return `${rows.length} ${rows.length === 1 ? 'secret' : 'secrets'}: ${[...counts].map(([state, count]) => `${count} ${state}`).join(', ')}.`
}
