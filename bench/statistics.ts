/** The middle value; of an even number the mean of the two in the middle. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2
}

export interface Span {
  readonly startedAt: number
  readonly endedAt: number
}

/** How many calls had to wait for one another: the longest chain in which each began after the one before had ended. */
export function longestChain(calls: readonly Span[]): number {
  const byEnd = calls.toSorted((a, b) => a.endedAt - b.endedAt)
  let chain = 0
  let freeAt = Number.NEGATIVE_INFINITY
  for (const { startedAt, endedAt } of byEnd) {
    if (startedAt < freeAt) continue
    chain++
    freeAt = endedAt
  }
  return chain
}
