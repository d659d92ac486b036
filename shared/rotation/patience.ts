import type { RotationContext } from './context.ts'

/** Secrets Manager is eventually consistent; what was written a moment ago is asked for again after these pauses. */
const pausesMs = [100, 200, 400, 800]

/**
 * Asks until the answer will do, for about a second and a half.
 * @returns the last answer, whether it will do or not; an abort ends the waiting, not the answer
 */
export async function patiently<T>(
  ask: () => Promise<T>,
  willDo: (answer: T) => boolean,
  { sleep, signal }: Pick<RotationContext, 'sleep' | 'signal'>,
): Promise<T> {
  let answer = await ask()
  for (const pause of pausesMs) {
    if (willDo(answer) || signal.aborted) break
    await sleep(pause)
    if (!signal.aborted) answer = await ask()
  }
  return answer
}
