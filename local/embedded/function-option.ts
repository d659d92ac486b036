import type { FunctionName } from './function-names.ts'

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

/** A rotation function's handler. Its step fails when it throws, or when its promise is rejected. */
export type Handler = (event: RotationEvent, context: HandlerContext) => unknown

/** One of Keyturn's functions, from the package, in a worker thread: the code of its zip, built for more versions of Node. */
export interface KeyturnFunction {
  readonly keyturn: FunctionName
  /** Environment variables, over those of `env`: `{ VALUE_FIELDS: 'key' }`. This process's own are not passed on. */
  readonly env?: Readonly<Record<string, string>>
  /** In milliseconds, 30,000 when left out. A function that takes longer is killed, as by Lambda. */
  readonly timeoutMs?: number
}

/** A function of your own. */
export interface OwnFunction {
  /**
   * The file that exports `handler`, as a path (a relative one is taken from the working directory) or a file: URL. JavaScript
   * runs in a worker thread and TypeScript in a process of its own, by Node's own type stripping (Node 22.18 and newer).
   *
   * Or the handler itself, which runs in this process: it shares memory with your test, and nothing can end it when it hangs; its
   * step fails all the same after `timeoutMs`.
   */
  readonly handler: string | { readonly href: string } | Handler
  /** Environment variables of a file's handler. A handler that runs in this process has this process's variables. */
  readonly env?: Readonly<Record<string, string>>
  /** In milliseconds, 30,000 when left out. */
  readonly timeoutMs?: number
}

/** What the option `functions` has under each name. */
export type FunctionOption = KeyturnFunction | OwnFunction | Handler
