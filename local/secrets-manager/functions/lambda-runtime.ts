import { randomUUID } from 'node:crypto'
import { devNull } from 'node:os'
import { parse } from 'node:path'
import { arnOfFunction, defaultRegion } from '../arns.ts'
import { crash, stopped, timedOut, withinTimeout } from './endings.ts'
import { type Environment, startEnvironment } from './environment.ts'
import type { Invocation, RotationFunction } from './invocation.ts'
import type { Programs } from './programs.ts'

/** How a function is run on this machine. */
export interface LambdaSettings {
  /** Path of the module that exports `handler`: TypeScript as it is, or a bundle. */
  readonly module: string
  /** Environment variables besides those that Lambda sets. The machine's own are not passed on. */
  readonly env?: Readonly<Record<string, string>>
  /** Milliseconds; 30,000 when left out. */
  readonly timeoutMs?: number
  readonly memoryMb?: number
  /** A worker thread of this process when left out; a process of its own can be killed at any instruction. */
  readonly runIn?: 'thread' | 'process'
}

export type LogSink = (line: {
  readonly functionId: string
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}) => void

/**
 * Runs a function as Lambda does (developer guide, "Lambda execution environment lifecycle"): an environment is kept
 * warm and takes one invocation at a time, a second invocation at the same time gets another environment, and a function that
 * exceeds its timeout is killed.
 * @param programs the programs that threads and processes run
 * @param endpoint where the function finds Secrets Manager; asked for when an environment starts
 */
export function runWith(
  programs: Programs,
  id: string,
  settings: LambdaSettings,
  endpoint: () => string,
  log: LogSink,
): RotationFunction {
  const { module, env = {}, timeoutMs = 30_000, memoryMb = 256, runIn = 'thread' } = settings
  const all = new Set<Environment>()
  /** Environments that wait for an invocation, by Region. */
  const idle = new Map<string, Environment[]>()
  const starting = new Set<Promise<Environment>>()
  /** How often everything was killed: an environment that was about to start then must not run. */
  let kills = 0
  let closed = false

  async function start(region: string): Promise<Environment> {
    const killsBefore = kills
    const variables = { ...lambdaVariables(id, endpoint(), memoryMb, region), ...env }
    const environment = await startEnvironment({ programs, module, env: variables, runIn })
    if (kills !== killsBefore) environment.kill()
    all.add(environment)
    void environment.ended.then(() => {
      all.delete(environment)
      idle.set(region, idle.get(region)?.filter((each) => each !== environment) ?? [])
    })
    return environment
  }

  async function started(region: string): Promise<Environment> {
    const environment = start(region)
    starting.add(environment)
    return environment.finally(() => starting.delete(environment))
  }

  async function invoke(event: unknown, region = defaultRegion): Promise<Invocation> {
    const requestId = randomUUID()
    if (closed) return stopped(requestId)
    let environment: Environment
    try {
      environment = idle.get(region)?.pop() ?? (await started(region))
    } catch (error) {
      const errorMessage = error instanceof Error ? error.message : String(error)
      return { ok: false, error: { errorType: 'Runtime.ImportModuleError', errorMessage, trace: [] }, logs: '' }
    }
    const about = { functionName: id, functionArn: arnOfFunction(id, region), memoryLimitInMB: String(memoryMb) }
    const message = { event, requestId, ...about, deadline: Date.now() + timeoutMs }
    let logs = ''
    const stopListening = environment.onLog((stream, text) => {
      logs += text
      log({ functionId: id, stream, text })
    })
    const outcome = await withinTimeout(timeoutMs, environment.invoke(message), environment.ended)
    stopListening()
    if (outcome === 'timeout' || outcome === 'ended') {
      environment.kill()
      return outcome === 'timeout'
        ? timedOut(requestId, timeoutMs, logs)
        : crash(requestId, 'Runtime.ExitError', 'Runtime exited before the invocation ended', logs)
    }
    idle.set(region, [...(idle.get(region) ?? []), environment])
    const { kind } = outcome
    return kind === 'succeeded' ? { ok: true, logs, answer: outcome.answer } : { ok: false, error: outcome.error, logs }
  }

  const kill = () => {
    kills++
    // They take a moment to end, and must not be invoked meanwhile.
    idle.clear()
    for (const environment of all) environment.kill()
  }
  return {
    id,
    arn: arnOfFunction(id),
    handler: `${parse(module).name}.handler`,
    timeoutMs,
    memoryMb,
    invoke,
    kill,
    async close() {
      closed = true
      kill()
      await Promise.allSettled(starting)
      const ends = [...all].map(({ ended }) => ended)
      await Promise.all(ends)
    },
  }
}

/** What Lambda sets; its user has no AWS configuration files, so those of this machine are out of sight. */
function lambdaVariables(id: string, endpoint: string, memoryMb: number, region: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    TZ: ':UTC',
    AWS_ENDPOINT_URL: endpoint,
    SECRETS_MANAGER_ENDPOINT: endpoint,
    AWS_ACCESS_KEY_ID: id,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_LAMBDA_FUNCTION_NAME: id,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
  }
}
