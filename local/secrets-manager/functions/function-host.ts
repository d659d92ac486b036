import { StringDecoder } from 'node:string_decoder'
import { format } from 'node:util'
import { parentPort } from 'node:worker_threads'
import { type Answer, callHandler, type Handler, type Invoke } from './handler-call.ts'

export type HostMessage = { readonly kind: 'log'; readonly stream: 'stdout' | 'stderr'; readonly text: string } | Answer

const send = (message: HostMessage) => {
  if (parentPort) parentPort.postMessage(message)
  else process.send?.(message)
}

interface Module {
  readonly handler?: unknown
  // A CommonJS bundle has its exports under `default`, too.
  readonly default?: { readonly handler?: unknown }
}

/**
 * Runs one function, in this worker thread or process, which is all its own. It takes invocations as messages (Invoke)
 * and answers by messages (HostMessage).
 * @param load imports the function's module. Called at the first invocation: a module that can't be imported fails that
 *   invocation, as on Lambda
 */
export function serve(load: () => Promise<Module>): void {
  // Log lines go the way of the answer, so that each belongs to its invocation and none arrives after its end.
  for (const stream of ['stdout', 'stderr'] as const) {
    // A character may come in two pieces.
    const decoder = new StringDecoder()
    process[stream].write = (chunk: unknown, ...rest: unknown[]) => {
      const text = chunk instanceof Uint8Array ? decoder.write(Buffer.from(chunk)) : String(chunk)
      send({ kind: 'log', stream, text })
      const done = rest.at(-1)
      if (typeof done === 'function') queueMicrotask(() => done())
      return true
    }
  }
  let loading: Promise<Handler> | undefined
  const take = (message: Invoke) => {
    loading ??= handlerOf(load)
    void invoke(loading, message)
  }
  if (parentPort) parentPort.on('message', take)
  else process.on('message', take)
}

async function handlerOf(load: () => Promise<Module>): Promise<Handler> {
  const module = await load().catch((error: unknown) => {
    throw lambdaError('Runtime.ImportModuleError', format('%s', error))
  })
  const handler = module.handler ?? module.default?.handler
  if (typeof handler === 'function') return handler as Handler
  throw lambdaError('Runtime.HandlerNotFound', 'handler is undefined or not exported')
}

function lambdaError(name: string, message: string) {
  return Object.assign(new Error(message), { name })
}

async function invoke(loading: Promise<Handler>, message: Invoke) {
  send(await callHandler(loading, message))
}
