import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { RotateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { lonePending, type SecretFacts } from '../../shared/secret-state.ts'
import { ask } from '../aws/ask.ts'
import type { Connection } from '../aws/connection.ts'
import { functionsOf } from '../aws/functions.ts'
import { logsOf, type StepLine } from '../aws/logs.ts'
import type { Secrets } from '../aws/secrets.ts'
import { CannotAsk } from '../failures.ts'
import { plain } from '../terminal.ts'
import { minute, second } from '../times.ts'
import type { Talk } from './talk.ts'
import { type Ending, logDelayMs, type Watched, watch } from './watch.ts'

export interface Run {
  readonly secrets: Secrets
  readonly connection: Connection
  readonly talk: Talk
  readonly timeoutMs: number
  /** Ends the watching. */
  readonly stop: AbortSignal
}

type Kind = Watched['kind']

/** `again` where Secrets Manager takes up an earlier rotation that has not ended. */
type Started = { readonly version: string; readonly again: boolean } | { readonly refusal: string }

/** Starts a rotation. That AWS refuses to rotate the secret is an answer; that it may not be asked is none: CannotAsk. */
export async function start({ arn, name }: SecretFacts, kind: Kind, { client, describe }: Secrets): Promise<Started> {
  const ClientRequestToken = randomUUID()
  const only = kind === 'test' ? { RotateImmediately: false } : {}
  const call = client.send(new RotateSecretCommand({ SecretId: arn, ClientRequestToken, ...only }))
  try {
    const { VersionId } = await ask('secretsmanager:RotateSecret', call)
    return { version: VersionId ?? ClientRequestToken, again: false }
  } catch (error) {
    if (!(error instanceof CannotAsk) || !(error.cause instanceof Error)) throw error
    const said = plain(error.cause.message)
    if (/previous rotation isn.t complete/i.test(said)) {
      const pending = lonePending((await describe(arn)) ?? { labels: new Map() })
      return pending === undefined ? { refusal: `${said} Try again.` } : { version: pending, again: true }
    }
    const mayNotInvoke = error.awsName === 'AccessDeniedException' && said.includes('Lambda function')
    if (error.awsName !== 'InvalidRequestException' && !mayNotInvoke) throw error
    return { refusal: `${said} "keyturn doctor ${name}" looks for the cause.` }
  }
}

/** Watches a rotation that was started a moment ago, and shows it. */
export async function watchStarted(
  secret: SecretFacts,
  { version, again }: Extract<Started, { readonly version: string }>,
  kind: Kind,
  { secrets, connection, talk, timeoutMs, stop }: Run,
): Promise<Ending> {
  const began = Date.now()
  // A version that is taken up again has lines of earlier attempts, too. A new version has none, even if the clocks differ.
  const since = again ? began - second : began - 300 * second
  const watched = {
    version,
    kind: again ? ('rotation' as const) : kind,
    labels: async () => (await secrets.describe(secret.arn))?.labels.get(version) ?? [],
    steps: await stepsOf(secret, version, since, connection, talk.note),
    onLabels: talk.labels,
    onStep: talk.step,
    onWait: talk.wait,
  }
  const seen = await watch(watched, timeoutMs, stop).catch((error: unknown) => {
    if (!(error instanceof CannotAsk)) throw error
    throw new CannotAsk(`${error.message} The rotation of ${secret.name} goes on all the same.`, error.awsName)
  })
  const wasTest = again && seen.outcome === 'abandoned'
  const ending = wasTest ? ((await endOfTest(secret, version, connection)) ?? seen) : seen
  talk.ended(ending, secret, version, Date.now() - began)
  return ending
}

/**
 * Where an earlier rotation was taken up again, it may be the test with which rotation was turned on a moment ago: its version
 * loses AWSPENDING, too.
 * @returns how the test ended; undefined where it was a rotation, or the log does not say what it was
 */
async function endOfTest(secret: SecretFacts, version: string, connection: Connection): Promise<Ending | undefined> {
  const steps = await stepsOf(secret, version, Date.now() - 30 * minute, connection, () => {})
  for (let waited = 0; waited <= logDelayMs; waited += second) {
    const lines = await steps()
    const last = lines.at(-1)
    if (last !== undefined && lines.some(({ step }) => step !== 'testSecret')) return undefined
    if (last !== undefined) return last.ok ? { outcome: 'tested' } : { outcome: 'failed', line: last, final: true }
    await sleep(second)
  }
  return undefined
}

/** Reads the function's log, if the operator may. Without it the labels still say how the rotation ends. */
async function stepsOf(
  { functionArn }: SecretFacts,
  version: string,
  since: number,
  connection: Connection,
  note: (text: string) => void,
): Promise<() => Promise<readonly StepLine[]>> {
  if (functionArn === undefined) return async () => []
  const group = await functionsOf(connection).logGroup(functionArn)
  const logs = logsOf(connection)
  let isReadable = true
  return async () => {
    if (!isReadable) return []
    try {
      return await logs.steps(group, version, since)
    } catch (error) {
      if (!(error instanceof CannotAsk)) throw error
      isReadable = false
      note(`The log of the function cannot be read, so its steps are not shown. ${error.message}`)
      return []
    }
  }
}
