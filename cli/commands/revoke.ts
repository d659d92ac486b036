import { setTimeout as sleep } from 'node:timers/promises'
import { type SecretFacts, versionWith } from '../../shared/secret-state.ts'
import { functionsOf, type Probed, type ProbeFinding } from '../aws/functions.ts'
import { secretsOf } from '../aws/secrets.ts'
import { command, type ExitCode, exitCodes, oneSecret } from '../command.ts'
import { UsageError } from '../failures.ts'
import { type Run, start, watchStarted } from '../rotation/start.ts'
import { forPeople, forPrograms } from '../rotation/talk.ts'
import type { Ending } from '../rotation/watch.ts'
import type { Terminal } from '../terminal.ts'
import { second, secondsGiven } from '../times.ts'

const help = `For a value that has leaked: rotates until it is dead, and proves that it is.

  keyturn revoke SECRET [--yes] [--timeout S] [--json]

  SECRET       its name or ARN: what leaked is the value in use (AWSCURRENT)
  --yes        does not ask first
  --timeout S  watches each rotation for so many seconds at most; 600 unless given

It rotates once where the old value dies at once, and twice where it works until the next rotation. Then the function
tries it. What rotating cannot end, such as sessions that are open, is named with where to end it.
Exit code: 0 the old value is dead and nothing is left to do, 1 something is left, or it could not be proved, 2 wrong
arguments, 3 AWS could not be asked.

Example:
  keyturn revoke my/database
`

export default command({
  help,
  options: { yes: { type: 'boolean', default: false }, timeout: { type: 'string', default: '600' } },
  async run({ values, names, terminal, connection }) {
    const name = oneSecret(names)
    const timeoutMs = secondsGiven('--timeout', values.timeout) * second
    const secrets = secretsOf(connection)
    const talk = values.json ? forPrograms(terminal) : forPeople(terminal, name)
    const secret = await secrets.describe(name)
    if (secret === undefined) return talk.refused(`There is no secret ${name} in this Region and account.`)
    const leaked = versionWith(secret, 'AWSCURRENT')
    const { functionArn } = secret
    if (leaked === undefined) return talk.refused(`${name} has no value in use.`)
    if (functionArn === undefined) return talk.refused(`No function rotates ${name}: end its value where it was made.`)
    const functions = functionsOf(connection)
    const before = await functions.probe(functionArn, secret.arn)
    if (before.problem !== undefined)
      return talk.refused(`The function cannot say how often to rotate: ${before.problem.says}`)
    const times = before.overlap ? 2 : 1
    talk.note(whatHappens(name, times))
    if (!values.yes && !(await terminal.confirm(`Rotate ${name} ${times === 2 ? 'twice' : 'once'} now?`)))
      throw new UsageError('Nothing was done. Answer with y, or give --yes.')
    const stop = new AbortController()
    process.once('SIGINT', () => stop.abort())
    const run = { secrets, connection, talk, timeoutMs, stop: stop.signal }
    for (let round = 0; round < times; round++) {
      const outcome = await rotateOnce(secret, run)
      if (outcome === 'rotated') continue
      talk.note(`The old value of ${name} may still work. When the cause is mended, run keyturn revoke again.`)
      if (outcome === 'stopped') process.exit(130)
      return exitCodes.attention
    }
    const look = () => functions.probe(functionArn, secret.arn, { versionIds: [leaked], first: leaked })
    return verdict(await patiently(look, leaked, run.stop), leaked, values.json, terminal)
  },
})

/** AWS and providers need a moment until all of their servers know that a key is gone. */
async function patiently(look: () => Promise<Probed>, leaked: string, stop: AbortSignal): Promise<Probed> {
  for (let tries = 1; ; tries++) {
    const answer = await look()
    const isAlive = stateOf(answer.findings.find(({ version }) => version === leaked)) === 'alive'
    if (!isAlive || tries === 5 || stop.aborted) return answer
    await sleep(3 * second, undefined, { signal: stop }).catch(() => undefined)
  }
}

function whatHappens(name: string, times: number): string {
  return times === 1
    ? `The value of ${name} dies during the rotation: applications that have cached it are refused until they read the secret again.`
    : `The value of ${name} works until the second rotation: applications that have cached it are refused then, until they read the secret again.`
}

/** An earlier rotation that has not ended is ended first: it counts, because AWSCURRENT moves on. */
async function rotateOnce(secret: SecretFacts, run: Run): Promise<Ending['outcome'] | 'refused'> {
  const { talk, secrets } = run
  const started = await start(secret, 'rotation', secrets)
  if ('refusal' in started) {
    talk.refused(started.refusal)
    return 'refused'
  }
  talk.started(secret, started.version, 'rotation', started.again)
  return (await watchStarted(secret, started, 'rotation', run)).outcome
}

/** The verdict on the old value. It is dead if the target itself has refused it, or does not have it any more. */
function verdict({ findings, problem, outlives }: Probed, leaked: string, json: boolean, terminal: Terminal): ExitCode {
  const finding = findings.find(({ version }) => version === leaked)
  const state = stateOf(finding)
  const left = outlives === undefined ? [] : [outlives]
  const why = finding?.says ?? problem?.says ?? 'The function said nothing of it.'
  if (json) terminal.print(JSON.stringify({ event: 'revoked', version: leaked, value: state, says: why, left }))
  else {
    const { paint, print } = terminal
    if (state === 'dead') print(paint('green', `The old value is dead: ${why}`))
    else if (state === 'alive') print(paint('red', `The old value still works: ${why} End it where it was made.`))
    else print(paint('yellow', `It could not be proved that the old value is dead: ${why}`))
    for (const each of left) print(paint('yellow', `Left to do: ${each}`))
  }
  return state === 'dead' && left.length === 0 ? exitCodes.fine : exitCodes.attention
}

/** Codes by which a target says that it does not let the value in. Any other failure proves nothing. */
const refusals = ['LoginRefused', 'KeyRefused', 'TokenRefused', 'LoginExpired']

function stateOf(finding: ProbeFinding | undefined): 'dead' | 'alive' | 'unknown' {
  if (finding?.verdict === 'works') return 'alive'
  if (finding?.verdict !== 'fails') return 'unknown'
  return finding.code === undefined || refusals.includes(finding.code) ? 'dead' : 'unknown'
}
