import { describe, expect, it } from 'vitest'
import { waitFor } from '../../../shared/described/repetition.ts'

const now = Date.parse('2026-11-28T12:00:00Z')

/** How long a request waits before it is repeated; undefined where it is not. */
async function waited(status: number | undefined, retryAfter?: string, tries = 1): Promise<number | undefined> {
  const pauses: number[] = []
  const context: Parameters<typeof waitFor>[2] = {
    now: () => now,
    remainingMs: () => 30_000,
    sleep: async (ms) => void pauses.push(ms),
    signal: new AbortController().signal,
  }
  const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
  const answer = status === undefined ? undefined : { status, headers, text: '' }
  return (await waitFor(answer, tries, context)) ? pauses[0] : undefined
}

describe('a request that was answered with "not now"', () => {
  it.each([
    ['as long as was asked for', 429, '2', 2_000],
    ['until the time that was asked for', 503, 'Sat, 28 Nov 2026 12:00:03 GMT', 3_000],
    ['not at all until a time that has passed', 429, 'Sat, 28 Nov 2026 11:00:00 GMT', 0],
    ['a moment where nothing was asked for', 429, undefined, 500],
    ['a moment where what was asked for cannot be read', 503, 'soon', 500],
    ['a moment where what was asked for is no time', 429, '9'.repeat(30), 500],
    ['a moment after a request without an answer', undefined, undefined, 500],
  ])('waits %s', async (_, status, retryAfter, ms) => {
    expect(await waited(status, retryAfter)).toBe(ms)
  })

  it('is repeated, after a longer wait the second time', async () => {
    expect(await waited(429, undefined, 2)).toBe(1_000)
  })

  it.each([
    ['a day', 429, '86400'],
    ['all the time that is left', 503, '26'],
  ])('does not wait for %s', async (_, status, retryAfter) => {
    expect(await waited(status, retryAfter)).toBeUndefined()
  })

  it.each([200, 201, 400, 401, 403, 404, 500, 502])('is not repeated where the answer is %i', async (status) => {
    expect(await waited(status, '1')).toBeUndefined()
  })
})
