import { fileURLToPath } from 'node:url'
import { startKeyProvider } from '../../local/servers/key-provider.ts'
import { describedProvider, descriptionOf } from '../../local/servers/key-provider-description.ts'
import type { BenchTarget } from '../target.ts'

/** The floor makes the calls of Secrets Manager; the function needs the rest of its time for the provider. */
export const apiKey: BenchTarget = {
  async start() {
    const provider = await startKeyProvider()
    const described = await describedProvider(provider.front, descriptionOf(provider.front))
    return {
      env: described.env,
      driver: undefined,
      module: fileURLToPath(new URL('../../local/demo/api-key/function.ts', import.meta.url)),
      async make(_, account) {
        const { value, id } = provider.give(account)
        return {
          value: { api_key: value, key_id: id, params: { account } },
          readsPrevious: true,
          next: (current) => current,
          who: () => '',
          particulars: () => ({}),
        }
      },
      record: async () => ({ moves: async () => [], [Symbol.asyncDispose]: async () => undefined }),
      async [Symbol.asyncDispose]() {
        await described[Symbol.asyncDispose]()
        await provider[Symbol.asyncDispose]()
      },
    }
  },
}
