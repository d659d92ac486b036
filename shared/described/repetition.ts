import type { HttpAnswer } from '../http/client.ts'
import type { RotationContext } from '../rotation/context.ts'

/** "Not now", in the words of RFC 9110 and RFC 6585. */
const notNow = [429, 503]
/** The time that a step needs for what it has to do after an answer. */
const restMs = 5_000

/**
 * Waits before a request is repeated: for as long as the answer asks for (Retry-After, RFC 9110 §10.2.3), else for a moment.
 * @param answer undefined where there was none
 * @returns false where it need not or cannot be repeated: then what there is is the answer
 */
export async function waitFor(
  answer: HttpAnswer | undefined,
  tries: number,
  context: Pick<RotationContext, 'now' | 'remainingMs' | 'sleep' | 'signal'>,
): Promise<boolean> {
  if (answer !== undefined && !notNow.includes(answer.status)) return false
  const wanted = answer === undefined ? undefined : retryAfterMs(answer.headers, context.now())
  const pause = wanted ?? 250 * 2 ** tries
  if (pause > context.remainingMs() - restMs) return false
  await context.sleep(pause)
  return !context.signal.aborted
}

function retryAfterMs(headers: HttpAnswer['headers'], now: number): number | undefined {
  const value = headers['retry-after']
  if (typeof value !== 'string') return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
