import { setTimeout as sleep } from 'node:timers/promises'
import type { StepLine } from '../aws/logs.ts'
import { second } from '../times.ts'

/** How a rotation ended, or why the end is not known. */
export type Ending =
  /** AWSCURRENT is on the new version. */
  | { readonly outcome: 'rotated' }
  | { readonly outcome: 'tested' }
  | { readonly outcome: 'failed'; readonly line: StepLine; readonly final: boolean }
  /** Neither AWSCURRENT nor AWSPENDING is on the version: somebody has stored a value by hand, or cancelled it. */
  | { readonly outcome: 'abandoned' }
  /** AWSPENDING is gone, and no line of the log says how the test ended. */
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'running' }
  | { readonly outcome: 'stopped' }

export interface Watched {
  readonly version: string
  readonly kind: 'rotation' | 'test'
  /** The labels of the version now. */
  labels(): Promise<readonly string[]>
  /** What the function has logged for the version so far. */
  steps(): Promise<readonly StepLine[]>
  onLabels(labels: readonly string[]): void
  onStep(line: StepLine): void
  onWait(waitedMs: number): void
}

/** The log comes some seconds after the labels. */
export const logDelayMs = 8 * second
/** AWS does not say when it tries again; after a failed step and this time without a line, the rotation counts as failed. */
const quietMs = 90 * second

/**
 * Watches a rotation until it is certain how it ended.
 * @param stop ends the watching; the rotation goes on
 */
export async function watch(
  { kind, labels, steps, onLabels, onStep, onWait }: Watched,
  timeoutMs: number,
  stop: AbortSignal,
): Promise<Ending> {
  const began = Date.now()
  const shown = new Map<string, StepLine>()
  let known = ''
  let lastNews = began
  let gone: number | undefined
  for (;;) {
    const [held, lines] = await Promise.all([labels(), steps()])
    for (const line of lines) {
      if (shown.has(line.id)) continue
      shown.set(line.id, line)
      lastNews = Date.now()
      onStep(line)
    }
    if (held.join() !== known) {
      known = held.join()
      lastNews = Date.now()
      onLabels(held)
    }
    const now = Date.now()
    const last = [...shown.values()].at(-1)
    if (!held.includes('AWSPENDING') || held.includes('AWSCURRENT')) gone ??= now
    const ending = endingOf(kind, held, last, {
      quiet: now - lastNews,
      gone: gone === undefined ? undefined : now - gone,
    })
    if (ending !== undefined) return ending
    if (stop.aborted) return { outcome: 'stopped' }
    if (now - began >= timeoutMs) return { outcome: 'running' }
    onWait(now - began)
    await sleep(pauseAfter(now - began), undefined, { signal: stop }).catch(() => undefined)
  }
}

/** The pause before the next look. Most rotations take seconds, and CloudWatch Logs lets an account ask a few times a second. */
function pauseAfter(waitedMs: number): number {
  return waitedMs < 5 * second ? second / 2 : waitedMs < 60 * second ? second : 3 * second
}

/** How long nothing has been new, and how long AWSPENDING has been off the version or together with AWSCURRENT. */
interface Times {
  readonly quiet: number
  readonly gone: number | undefined
}

function endingOf(
  kind: Watched['kind'],
  held: readonly string[],
  last: StepLine | undefined,
  { quiet, gone }: Times,
): Ending | undefined {
  const waited = gone !== undefined && gone >= logDelayMs
  if (kind === 'rotation' && held.includes('AWSCURRENT')) {
    const isLast = last?.step === 'finishSecret' && last.ok
    return isLast || waited ? { outcome: 'rotated' } : undefined
  }
  if (kind === 'test' && gone !== undefined) {
    if (last === undefined) return waited ? { outcome: 'unknown' } : undefined
    return last.ok ? { outcome: 'tested' } : { outcome: 'failed', line: last, final: true }
  }
  if (gone !== undefined) return { outcome: 'abandoned' }
  if (last === undefined || last.ok) return undefined
  // Secrets Manager tries again after any error. Where that cannot help, the end is certain.
  if (last.retryable === false) return { outcome: 'failed', line: last, final: true }
  return quiet >= quietMs ? { outcome: 'failed', line: last, final: false } : undefined
}
