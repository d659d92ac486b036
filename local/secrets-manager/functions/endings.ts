import type { Invocation } from './invocation.ts'

/** The outcome of an invocation that exceeded its timeout, as Lambda reports it. */
export function timedOut(requestId: string, timeoutMs: number, logs: string): Invocation {
  const text = `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`
  return crash(requestId, 'Sandbox.Timedout', text, logs)
}

/** The outcome of an invocation whose environment has ended, as Lambda reports it. */
export function crash(requestId: string, errorType: string, text: string, logs: string): Invocation {
  return { ok: false, error: { errorType, errorMessage: `RequestId: ${requestId} Error: ${text}`, trace: [] }, logs }
}

/** The outcome of an invocation of a function that has been stopped. */
export function stopped(requestId: string): Invocation {
  return crash(requestId, 'Runtime.ExitError', 'The function has been stopped', '')
}

/** Waits for the first of two ends of an invocation, but no longer than its timeout. */
export async function withinTimeout<A, B>(timeoutMs: number, ...ends: [Promise<A>, Promise<B>]) {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<'timeout'>((resolve) => {
    timer = setTimeout(() => resolve('timeout'), timeoutMs)
  })
  try {
    return await Promise.race([...ends, timeout])
  } finally {
    clearTimeout(timer)
  }
}
