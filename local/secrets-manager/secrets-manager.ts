import type { RotationFunction } from './functions/invocation.ts'
import type { LambdaSettings, LogSink } from './functions/lambda.ts'
import { createCallLog } from './service/calls.ts'
import { createClock } from './service/clock.ts'
import { describeOperation } from './service/descriptions.ts'
import { createEventLog } from './service/events.ts'
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
import type { LocalOptions, LocalSecretsManager } from './start.ts'

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
