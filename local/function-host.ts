/**
 * Runs one function, in a worker thread or in a process of its own, and takes invocations as messages. Started with the
 * path of the module as its only argument; what it says is in HostMessage.
 */
import { pathToFileURL } from 'node:url'
import { format } from 'node:util'
import { parentPort } from 'node:worker_threads'
import type { FunctionError } from './invocation.ts'

export interface Invoke {
  readonly event: unknown
  readonly requestId: string
  readonly functionName: string
  readonly functionArn: string
  readonly memoryLimitInMB: string
  /** Milliseconds since the epoch. */
  readonly deadline: number
}

export type HostMessage =
  | { readonly kind: 'log'; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly error: FunctionError }

const send = (message: HostMessage) => {
  if (parentPort) parentPort.postMessage(message)
  else process.send?.(message)
}

// Log lines go the way of the answer, so that each belongs to its invocation and none arrives after its end.
for (const stream of ['stdout', 'stderr'] as const) {
  process[stream].write = (chunk: unknown, ...rest: unknown[]) => {
    send({ kind: 'log', stream, text: chunk instanceof Uint8Array ? Buffer.from(chunk).toString() : String(chunk) })
    const done = rest.at(-1)
    if (typeof done === 'function') queueMicrotask(() => done())
    return true
  }
}

type Handler = (event: unknown, context: unknown) => unknown

// Imported at the first invocation: a module that can't be imported fails that invocation, as on Lambda.
let loading: Promise<Handler> | undefined

async function load(): Promise<Handler> {
  const module = await import(pathToFileURL(String(process.argv[2])).href).catch((error: unknown) => {
    throw lambdaError('Runtime.ImportModuleError', format('%s', error))
  })
  // A CommonJS bundle has its exports under `default`, too.
  const handler: unknown = module.handler ?? module.default?.handler
  if (typeof handler === 'function') return handler as Handler
  throw lambdaError('Runtime.HandlerNotFound', 'handler is undefined or not exported')
}

function lambdaError(name: string, message: string) {
  return Object.assign(new Error(message), { name })
}

async function invoke({ event, requestId, deadline, ...about }: Invoke) {
  try {
    loading ??= load()
    const handler = await loading
    await handler(event, {
      functionName: about.functionName,
      functionVersion: '$LATEST',
      invokedFunctionArn: about.functionArn,
      memoryLimitInMB: about.memoryLimitInMB,
      awsRequestId: requestId,
      logGroupName: `/aws/lambda/${about.functionName}`,
      logStreamName: 'local',
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis: () => Math.max(deadline - Date.now(), 0),
    })
    send({ kind: 'succeeded' })
  } catch (error) {
    send({ kind: 'failed', error: asLambdaReturnsIt(error) })
  }
}

function asLambdaReturnsIt(error: unknown): FunctionError {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] }
  const trace = (error.stack ?? '').split('\n')
  return { errorType: error.name, errorMessage: error.message, trace }
}

if (parentPort) parentPort.on('message', invoke)
else process.on('message', invoke)
