import type { RotationFunction, StepListener } from './functions/invocation.ts'
import type { LambdaSettings, LogSink } from './functions/lambda-runtime.ts'
import { type CallLog, createCallLog, type Intercept } from './service/calls.ts'
import { type Clock, createClock } from './service/clock.ts'
import { describeOperation } from './service/descriptions.ts'
import { createEventLog, type EventLog } from './service/events.ts'
import { createFunctionLogs } from './service/function-logs.ts'
import { listOperations } from './service/listing.ts'
import { logOperations } from './service/logs.ts'
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
  /** The IPv4 address to listen on; 127.0.0.1 when left out. Clients need no password. */
  readonly host?: string
  /**
   * Further names that requests may ask for. Requests for a name that is not the server's own are refused: a page in a browser
   * could read secrets under such a name. Loopback, localhost, host.docker.internal and `host` are its own.
   */
  readonly names?: readonly string[]
  /** The rotation functions by id: a path, settings, or anything else that can be invoked. None when left out. */
  readonly functions?: Readonly<Record<string, string | LambdaSettings | RotationFunction>>
  /** Every call takes this much longer, in milliseconds. */
  readonly latencyMs?: number
  /** Reads see versions and labels only this many milliseconds after they were written. */
  readonly visibilityLagMs?: number
  /** Any new version that is not the rotation's own abandons it, not only a version that takes AWSCURRENT. */
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
  /** ARNs by function id, those of the default Region: each function is in every Region. */
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
 * Starts a Secrets Manager in this process, as startLocalSecretsManager says.
 * @param run how a function is run that is given by its module
 * @throws what listening on the port throws, EADDRINUSE for example
 */
export async function openSecretsManager(
  options: LocalOptions,
  run: (id: string, settings: LambdaSettings, endpoint: () => string, log: LogSink) => RotationFunction,
): Promise<LocalSecretsManager> {
  const clock = createClock()
  const events = createEventLog(clock)
  const logs = createFunctionLogs(clock)
  const calls = createCallLog()
  let endpoint = ''
  const wanted = Object.entries(options.functions ?? {})
  const functions = wanted.map(([id, what]) => {
    if (typeof what === 'object' && 'invoke' in what) return what
    const settings = typeof what === 'string' ? { module: what } : what
    return run(id, settings, () => endpoint, options.onLog ?? (() => {}))
  })
  const everywhere: Omit<Service, 'region' | 'secrets'> = {
    clock,
    events,
    logs,
    functions: functions.map(logs.keptFor),
    retryDelaysMs: options.retryDelaysMs ?? [2_000, 10_000],
    visibilityLagMs: options.visibilityLagMs ?? 0,
    anyVersionAbandons: options.anyVersionAbandons ?? false,
    onStep: options.onStep ?? (() => {}),
    hold: options.hold,
    underWay: new Set(),
  }
  const regions = new Map<string, Service>()
  const serviceIn = (region: string): Service => {
    const service = regions.get(region) ?? { ...everywhere, region, secrets: new Map() }
    regions.set(region, service)
    return service
  }
  const { intercept = () => undefined, latencyMs = 0, names = [], port = 0, host = '127.0.0.1' } = options
  const all = new Map([...operations, ...Object.entries(trailOperations(events, calls))])
  const started = await serve({ serviceIn, operations: all, calls, intercept, latencyMs, names }, port, host)
  endpoint = started.endpoint

  async function settled() {
    while (everywhere.underWay.size > 0) await Promise.all(everywhere.underWay)
  }

  async function close() {
    clock.close()
    for (const { secrets } of regions.values()) for (const secret of secrets.values()) secret.rotation = undefined
    const ends = functions.map((each) => each.close())
    const closed = new Promise<void>((resolve) => started.server.close(() => resolve()))
    started.server.closeAllConnections()
    await Promise.all([closed, ...ends])
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
