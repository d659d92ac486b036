import type { RotationFunction, StepListener } from './functions/invocation.ts'
import { type LambdaSettings, type LogSink, runLambda } from './functions/lambda.ts'
import { openSecretsManager } from './secrets-manager.ts'
import type { CallLog, Intercept } from './service/calls.ts'
import type { Clock } from './service/clock.ts'
import type { EventLog } from './service/events.ts'
import type { Service } from './service/store.ts'

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
  return openSecretsManager(options, runLambda)
}
