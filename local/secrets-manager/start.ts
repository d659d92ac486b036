import type { RotationFunction, StepListener } from './functions/invocation.ts'
import { type LambdaSettings, type LogSink, runLambda } from './functions/lambda.ts'
import { type CallLog, createCallLog, type Intercept } from './service/calls.ts'
import { type Clock, createClock } from './service/clock.ts'
import { describeOperation } from './service/descriptions.ts'
import { createEventLog, type EventLog } from './service/events.ts'
import { listOperations } from './service/listing.ts'
import { createFunctionLogs, logOperations } from './service/logs.ts'
import { passwordOperation } from './service/password.ts'
import { policyOperations } from './service/policies.ts'
import { rotateOperations } from './service/rotate.ts'
import { secretOperations } from './service/secrets.ts'
import { serve } from './service/server.ts'
import type { Service } from './service/store.ts'
import { trailOperations } from './service/trail.ts'
import { valueOperations } from './service/values.ts'

export interface LocalOptions {
  /** 0, the default, for any free port. */
  readonly port?: number
  /** The IPv4 address to listen on; 127.0.0.1 when left out. Whoever reaches it needs no password. */
  readonly host?: string
  /**
   * Further names by which it may be asked. Requests under a name that is not its own are refused: a page in a browser
   * could read secrets with one. Loopback, localhost, host.docker.internal and `host` are its own.
   */
  readonly names?: readonly string[]
  /** The rotation functions by id: a path, settings, or anything else that can be invoked. None when left out. */
  readonly functions?: Readonly<Record<string, string | LambdaSettings | RotationFunction>>
  /** Every call takes this much longer, in milliseconds. */
  readonly latencyMs?: number
  /** Reads see versions and labels only this many milliseconds after they were written. */
  readonly visibilityLagMs?: number
  /** Any new version that is not the rotation's own abandons it, not only one that takes AWSCURRENT. */
  readonly anyVersionAbandons?: boolean
  /** Looks at each call before it is carried out and may spoil it. */
  readonly intercept?: Intercept
  /** How long the service waits before each retry of a whole rotation, in milliseconds of its clock. */
  readonly retryDelaysMs?: readonly number[]
  /** Takes the events of a rotation instead of the function. */
  readonly hold?: NonNullable<Service['hold']>
  readonly onStep?: StepListener
  readonly onLog?: LogSink
}

export interface LocalSecretsManager extends AsyncDisposable {
  /** http://127.0.0.1:port, or with the host that was asked for; for AWS_ENDPOINT_URL. */
  readonly endpoint: string
  /** ARNs by function id. */
  readonly functions: Readonly<Record<string, string>>
  readonly clock: Clock
  readonly events: EventLog
  readonly calls: CallLog
  /** Resolves when no function runs. A retry that waits for the clock does not count. */
  settled(): Promise<void>
  /** Kills what runs a function, in the middle of whatever it does. */
  kill(functionId: string): void
  /** Stops the server and the functions. Safe to call twice. */
  close(): Promise<void>
}

const operations = new Map(
  Object.entries({
    ...secretOperations,
    ...describeOperation,
    ...valueOperations,
    ...listOperations,
    ...policyOperations,
    ...passwordOperation,
    ...rotateOperations,
    ...logOperations,
  }),
)

/**
 * Starts a Secrets Manager in this process, with its state in memory: AWS's API and rules, and the rotation of secrets
 * by functions that run on this machine.
 *
 *     await using local = await startLocalSecretsManager({ functions: { Mine: '/path/of/handler.ts' } })
 *     const client = new SecretsManagerClient({ endpoint: local.endpoint, region: 'us-east-1', credentials })
 *     await client.send(new RotateSecretCommand({ SecretId, RotationLambdaARN: local.functions.Mine }))
 *     await local.settled()
 * @throws what listening on the port throws, EADDRINUSE for example
 */
export async function startLocalSecretsManager(options: LocalOptions = {}): Promise<LocalSecretsManager> {
  const clock = createClock()
  const events = createEventLog(clock)
  const logs = createFunctionLogs(clock)
  const calls = createCallLog()
  let endpoint = ''
  const wanted = Object.entries(options.functions ?? {})
  const functions = wanted.map(([id, what]) => {
    if (typeof what === 'object' && 'invoke' in what) return what
    const settings = typeof what === 'string' ? { module: what } : what
    return runLambda(id, settings, () => endpoint, options.onLog ?? (() => {}))
  })
  const service: Service = {
    secrets: new Map(),
    clock,
    events,
    logs,
    functions: new Map(functions.map((each) => [each.arn, logs.keptFor(each)])),
    retryDelaysMs: options.retryDelaysMs ?? [2_000, 10_000],
    visibilityLagMs: options.visibilityLagMs ?? 0,
    anyVersionAbandons: options.anyVersionAbandons ?? false,
    onStep: options.onStep ?? (() => {}),
    hold: options.hold,
    underWay: new Set(),
  }
  const { intercept = () => undefined, latencyMs = 0, names = [], port = 0, host = '127.0.0.1' } = options
  const all = new Map([...operations, ...Object.entries(trailOperations(events, calls))])
  const started = await serve({ service, operations: all, calls, intercept, latencyMs, names }, port, host)
  endpoint = started.endpoint

  async function settled() {
    while (service.underWay.size > 0) await Promise.all(service.underWay)
  }

  async function close() {
    clock.close()
    for (const secret of service.secrets.values()) secret.rotation = undefined
    await Promise.all(functions.map((each) => each.close()))
    const closed = new Promise<void>((resolve) => started.server.close(() => resolve()))
    started.server.closeAllConnections()
    await closed
    await settled()
  }

  return {
    endpoint,
    functions: Object.fromEntries(functions.map(({ id, arn }) => [id, arn])),
    clock,
    events,
    calls,
    settled,
    kill: (id) => functions.find((each) => each.id === id)?.kill(),
    close,
    [Symbol.asyncDispose]: close,
  }
}
