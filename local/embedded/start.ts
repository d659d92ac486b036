/// <reference lib="esnext.disposable" preserve="true" />

import { runWith } from '../secrets-manager/functions/lambda-runtime.ts'
import { openSecretsManager } from '../secrets-manager/secrets-manager.ts'
import { defaultRegion as region } from '../secrets-manager/service/names.ts'
import { builtPrograms } from './built-programs.ts'
import type { FunctionName } from './function-names.ts'
import { functionsFor } from './functions.ts'
import { cannotListen, checkNode, checkPort, refuseUnknown } from './refusals.ts'
import { stepLog } from './step-log.ts'

/** What Secrets Manager sends to a rotation function, once for each step. */
export interface RotationEvent {
  readonly Step: 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret'
  /** The secret's ARN. */
  readonly SecretId: string
  /** The id of the version that is to become AWSCURRENT. */
  readonly ClientRequestToken: string
  readonly RotationToken: string
}

/** What Lambda gives a function besides the event. */
export interface HandlerContext {
  readonly functionName: string
  readonly functionVersion: string
  readonly invokedFunctionArn: string
  readonly memoryLimitInMB: string
  readonly awsRequestId: string
  readonly logGroupName: string
  readonly logStreamName: string
  getRemainingTimeInMillis(): number
}

/** A rotation function's handler. What it throws fails the step, and what its promise is rejected with. */
export type Handler = (event: RotationEvent, context: HandlerContext) => unknown

/** One of Keyturn's functions, from the package, in a worker thread: the code of its zip, built for more versions of Node. */
export interface KeyturnFunction {
  readonly keyturn: FunctionName
  /** Environment variables, over those of `env`: `{ VALUE_FIELDS: 'key' }`. This process's own are not passed on. */
  readonly env?: Readonly<Record<string, string>>
  /** In milliseconds, 30,000 when left out. What takes longer is killed, as by Lambda. */
  readonly timeoutMs?: number
}

/** A function of your own. */
export interface OwnFunction {
  /**
   * The file that exports `handler`, as a path (a relative one is taken from the working directory) or a file: URL. JavaScript
   * runs in a worker thread and TypeScript in a process of its own, by Node's own type stripping (Node 22.18 and newer).
   *
   * Or the handler itself, which runs in this process: it sees what your test sees, and nothing can end it when it hangs; its
   * step fails all the same after `timeoutMs`.
   */
  readonly handler: string | { readonly href: string } | Handler
  /** Environment variables of a file's handler. A handler that is given itself has those of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** In milliseconds, 30,000 when left out. */
  readonly timeoutMs?: number
}

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
  readonly functions?: Readonly<Record<Own, KeyturnFunction | OwnFunction | Handler>>
  /** Environment variables for all of Keyturn's functions: `{ PASSWORD_LENGTH: '40' }`. */
  readonly env?: Readonly<Record<string, string>>
  /** Takes what the functions log. Nothing is written anywhere when left out. */
  readonly onLog?: (log: FunctionLog) => void
  /** How long to wait before each retry of a rotation that has failed, in milliseconds: [2000, 10000] when left out, [] for none. */
  readonly retryDelaysMs?: readonly number[]
}

/** A step of a rotation that has ended. */
export interface RotationStep {
  readonly step: RotationEvent['Step']
  readonly secretName: string
  readonly functionName: string
  /** The id of the version that was to become AWSCURRENT. */
  readonly versionId: string
  /** 1 for the first run of the rotation, 2 for its first retry. */
  readonly attempt: number
  readonly durationMs: number
  /** What the function threw, where the step has failed; `name` is its class. */
  readonly error?: { readonly name: string; readonly message: string }
  /** All that the function has logged in this step. */
  readonly logs: string
}

/** A Secrets Manager that is running. */
export interface LocalSecretsManager<Own extends string = never> extends AsyncDisposable {
  /** http://127.0.0.1:PORT */
  readonly endpoint: string
  readonly port: number
  /** That of what is below. A client of another Region has secrets of its own there, and functions with ARNs of that Region. */
  readonly region: string
  /** No secret: any others are taken as well. */
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
  /** Resolves when no rotation runs. One that has failed and waits for its retry does not run. */
  settled(): Promise<void>
  /** The service's clock: milliseconds since the epoch. */
  now(): number
  /**
   * Moves the service's clock forward. What is due on the way, by a schedule or as a retry, has been done when it resolves.
   * The functions' clock is the machine's.
   */
  advance(ms: number): Promise<void>
  /** Stops the server and whatever runs in its threads and processes. Everything it holds is gone. Safe to call twice. */
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
 * Starts a Secrets Manager in this process, for tests: AWS's API and rules on a port of 127.0.0.1, with its state in memory, and
 * rotations by Keyturn's functions or your own, which run as Lambda runs them.
 *
 *     const local = await startLocalSecretsManager()
 *     const client = new SecretsManagerClient(local.clientConfig)
 *     await client.send(new RotateSecretCommand({ SecretId, RotationLambdaARN: local.functions.GeneratedValue }))
 *     await local.settled()
 *     await local.stop()
 * @throws Error where an option can't be meant or is unknown, where the port can't be had (with the system's `code`, EADDRINUSE for example), and
 *   on a Node that is older than 22
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
