import type { RotationContext } from './context.ts'

/** What a run may have taken before it came here, and what the clocks of two machines may differ by. */
const aroundMs = 30_000

/**
 * Asked at the start of createSecret: what was made elsewhere before this time was made by no run that can still store it.
 * @returns milliseconds since 1970, one timeout of the function and a little more ago
 */
export function oldestRun({ now, remainingMs }: Pick<RotationContext, 'now' | 'remainingMs'>): number {
  return now() - remainingMs() - aroundMs
}
