import { randomUUID } from 'node:crypto'
import type { BenchTarget } from '../target.ts'

/** There is no target: a rotation makes calls of Secrets Manager alone. */
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
