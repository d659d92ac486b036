import { modules, startOauthServers } from '../../local/demo/oauth/servers.ts'
import type { BenchTarget } from '../target.ts'

/**
 * The floor makes the calls of Secrets Manager; the function needs the rest of its time for the server. The floor claims nothing:
 * the two functions that claim are left out.
 */
export const oauth: BenchTarget = {
  measures: ['OauthClientCredentials'],
  async start() {
    const { servers, env, [Symbol.asyncDispose]: end } = await startOauthServers()
    return {
      env,
      driver: undefined,
      module: modules.OauthClientCredentials ?? '',
      async make() {
        const { client_id, client_secret } = await servers.none.grant()
        return {
          value: { client_id, client_secret, provider: 'own', on_demand: true },
          next: (current) => current,
          who: () => '',
          particulars: () => ({}),
        }
      },
      record: async () => ({ moves: async () => [], [Symbol.asyncDispose]: async () => undefined }),
      [Symbol.asyncDispose]: end,
    }
  },
}
