import type { BenchDatabase } from './database.ts'

/** Without a server: Secrets Manager's calls are all there is. */
export const nowhere: BenchDatabase = {
  subjects: [{ functionId: 'GeneratedValue' }],
  start: async () => ({
    ...{ ca: '', driver: undefined, fields: {}, superuser: { username: '', password: '' } },
    createLogin: async () => undefined,
    derived: () => ({}),
    record: async () => ({ moves: async () => [], [Symbol.asyncDispose]: async () => undefined }),
    [Symbol.asyncDispose]: async () => undefined,
  }),
}
