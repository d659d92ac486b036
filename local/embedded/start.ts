/// <reference lib="esnext.disposable" preserve="true" />

import { defaultRegion as region } from '../secrets-manager/arns.ts'
import { runWith } from '../secrets-manager/functions/lambda-runtime.ts'
import { openSecretsManager } from '../secrets-manager/secrets-manager.ts'
import { builtPrograms } from './built-programs.ts'
import type { FunctionName } from './function-names.ts'
import type { FunctionOption } from './function-option.ts'
import { functionsFor } from './functions.ts'
import { cannotListen, checkNode, checkPort, refuseUnknown } from './refusals.ts'
import type { RotationStep } from './rotation-step.ts'
import { stepLog } from './step-log.ts'

// Users of keyturn/local name these, too.
export type { Handler, HandlerContext, KeyturnFunction, OwnFunction, RotationEvent } from './function-option.ts'
export type { RotationStep } from './rotation-step.ts'

/** Something that a function has written to one of its streams. */
export interface FunctionLog {
  readonly functionName: string
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}

export interface LocalSecretsManagerOptions<Own extends string = never> {
  /** The port on 127.0.0.1; 0, the default, for any free one. */
  readonly port?: number
  /**
   * Functions besides Keyturn's own, which are all there under their names (`GeneratedValue`, `PostgresSingleUser`, …), or in
   * place of one of them. By name: the last part of its ARN.
   */
  readonly functions?: Readonly<Record<Own, FunctionOption>>
  /** Environment variables for all of Keyturn's functions: `{ PASSWORD_LENGTH: '40' }`. */
  readonly env?: Readonly<Record<string, string>>
  /** Takes what the functions log. Nothing is written anywhere when left out. */
  readonly onLog?: (log: FunctionLog) => void
  /** How long to wait before each retry of a rotation that has failed, in milliseconds: [2000, 10000] when left out, [] for none. */
  readonly retryDelaysMs?: readonly number[]
}

/** A Secrets Manager that is running. */
export interface LocalSecretsManager<Own extends string = never> extends AsyncDisposable {
  /** http://127.0.0.1:PORT */
  readonly endpoint: string
  readonly port: number
  /**
   * The Region of the fields below. A client of another Region has its own secrets there, and functions with ARNs of that
   * Region.
   */
  readonly region: string
  /** No secret: any other credentials are taken as well. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** The three above: `new SecretsManagerClient(local.clientConfig)`. */
  readonly clientConfig: {
    readonly endpoint: string
    readonly region: string
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  }
  /** The same as environment variables, for an application that configures its client by them, or for the AWS CLI. */
  readonly env: Readonly<Record<string, string>>
  /** The functions' ARNs by name, for RotateSecret. */
  readonly functions: Readonly<Record<FunctionName | Own, string>>
  /** The steps that have ended so far, in order: what failed, and why. */
  steps(): readonly RotationStep[]
  /** Resolves when no rotation runs. A rotation that has failed and waits for its retry does not run. */
  settled(): Promise<void>
  /** The service's clock: milliseconds since the epoch. */
  now(): number
  /**
   * Moves the service's clock forward. Rotations that are due on the way, by a schedule or as a retry, have ended when it resolves.
   * The functions' clock is the machine's.
   */
  advance(ms: number): Promise<void>
  /** Stops the server and the functions in its threads and processes. Its secrets are gone. Safe to call twice. */
  stop(): Promise<void>
}

const known = {
  port: true,
  functions: true,
  env: true,
  onLog: true,
  retryDelaysMs: true,
} as const satisfies Readonly<Record<keyof LocalSecretsManagerOptions, true>>

/**
 * Starts a Secrets Manager in this process, for tests: AWS's API and rules on a port of 127.0.0.1, with its state in memory,
 * and rotations by Keyturn's functions or your own, which run as Lambda runs them.
 *
 *     const local = await startLocalSecretsManager()
 *     const client = new SecretsManagerClient(local.clientConfig)
 *     await client.send(new RotateSecretCommand({ SecretId, RotationLambdaARN: local.functions.GeneratedValue }))
 *     await local.settled()
 *     await local.stop()
 * @throws Error where an option is unknown or has an impossible value, where the port is not free (with the system's `code`,
 *   EADDRINUSE for example), and on a Node that is older than 22
 */
export async function startLocalSecretsManager<Own extends string = never>(
  options: LocalSecretsManagerOptions<Own> = {},
): Promise<LocalSecretsManager<Own>> {
  checkNode(process.versions.node)
  refuseUnknown('options', options, Object.keys(known))
  const { port = 0, onLog = () => {}, retryDelaysMs } = options
  checkPort(port)
  const functions = functionsFor(options)
  const { steps, onStep } = stepLog()
  const local = await openSecretsManager(
    {
      port,
      functions,
      onStep,
      onLog: ({ functionId, stream, text }) => onLog({ functionName: functionId, stream, text }),
      ...(retryDelaysMs === undefined ? {} : { retryDelaysMs }),
    },
    (...function_) => runWith(builtPrograms, ...function_),
  ).catch((error: unknown) => {
    throw cannotListen(port, error)
  })
  const { endpoint } = local
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  return {
    endpoint,
    port: Number(new URL(endpoint).port),
    region,
    credentials,
    clientConfig: { endpoint, region, credentials },
    env: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    functions: local.functions as Readonly<Record<FunctionName | Own, string>>,
    steps,
    settled: local.settled,
    now: local.clock.now,
    advance: local.clock.advance,
    stop: local.close,
    [Symbol.asyncDispose]: local.close,
  }
}
