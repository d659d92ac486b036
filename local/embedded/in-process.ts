import { randomUUID } from 'node:crypto'
import { arnOfFunction } from '../secrets-manager/arns.ts'
import { stopped, timedOut, withinTimeout } from '../secrets-manager/functions/endings.ts'
import { callHandler } from '../secrets-manager/functions/handler-call.ts'
import type { RotationFunction } from '../secrets-manager/functions/invocation.ts'
import type { Handler } from './function-option.ts'

const memoryMb = 256

/**
 * A function whose handler runs in this process. Nothing can end a handler that hangs: after its timeout, or once it is
 * stopped, its answer is not waited for.
 */
export function inThisProcess(id: string, handler: Handler, timeoutMs: number): RotationFunction {
  const abandon = new Set<(why: 'killed') => void>()
  let closed = false

  async function invoke(event: unknown, region?: string) {
    const requestId = randomUUID()
    if (closed) return stopped(requestId)
    const killed = Promise.withResolvers<'killed'>()
    abandon.add(killed.resolve)
    const about = { functionName: id, functionArn: arnOfFunction(id, region), memoryLimitInMB: String(memoryMb) }
    const call = callHandler(handler as Parameters<typeof callHandler>[0], {
      event,
      requestId,
      ...about,
      deadline: Date.now() + timeoutMs,
    })
    const outcome = await withinTimeout(timeoutMs, call, killed.promise)
    abandon.delete(killed.resolve)
    if (outcome === 'timeout') return timedOut(requestId, timeoutMs, '')
    if (outcome === 'killed') return stopped(requestId)
    return outcome.kind === 'succeeded'
      ? { ok: true as const, logs: '', answer: outcome.answer }
      : { ok: false as const, error: outcome.error, logs: '' }
  }

  function kill() {
    for (const each of abandon) each('killed')
  }
  return {
    id,
    arn: arnOfFunction(id),
    timeoutMs,
    memoryMb,
    invoke,
    kill,
    async close() {
      closed = true
      kill()
    },
  }
}
