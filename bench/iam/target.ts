import { iamApi } from '../../test/support/iam-api.ts'
import type { BenchTarget, Move } from '../target.ts'

/** The API is moto's. Its own time is most of the measured time, so only calls and round trips tell something. */
export const iam: BenchTarget = {
  async start() {
    const api = await iamApi()
    return {
      env: api.env,
      driver: new URL('login.ts', import.meta.url).href,
      async make() {
        const { key } = await api.user()
        return {
          value: { api_key: key.id, secret_key: key.secretKey },
          readsPrevious: true,
          next: (current) => current,
          // testSecret asks with the current key, too.
          who: () => 'pending',
          particulars: () => ({}),
        }
      },
      async record() {
        api.calls.length = 0
        return {
          async moves() {
            // In createSecret the floor calls Secrets Manager alone.
            const asked = api.calls.splice(0)
            const tests = asked.length > 0 && asked.every((action) => action === 'GetCallerIdentity')
            const moves: readonly Move[] = [
              { session: '1', does: 'login', who: 'current' },
              { session: '1', does: 'end' },
            ]
            return tests ? moves : []
          },
          [Symbol.asyncDispose]: async () => undefined,
        }
      },
      [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
    }
  },
}
