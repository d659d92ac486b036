import { randomUUID } from 'node:crypto'
import type { BenchTarget } from '../target.ts'

/** Secrets Manager's calls are all there is. */
export const nowhere: BenchTarget = {
  start: async () => ({
    env: {},
    driver: undefined,
    make: async (_, name) => ({
      value: { name, password: randomUUID() },
      next: (current) => ({ ...current, password: randomUUID() }),
      who: () => '',
      particulars: () => ({}),
    }),
    record: async () => ({ moves: async () => [], [Symbol.asyncDispose]: async () => undefined }),
    [Symbol.asyncDispose]: async () => undefined,
  }),
}
