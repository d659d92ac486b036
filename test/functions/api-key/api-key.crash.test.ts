import { afterAll } from 'vitest'
import { startKeyProvider } from '../../../local/servers/key-provider.ts'
import { describedProvider, descriptionOf } from '../../../local/servers/key-provider-description.ts'
import { crashContract } from '../../contract/crash-runner.ts'
import { apiKey } from './secret-types.ts'

const provider = await startKeyProvider()
const described = await describedProvider(provider.front, descriptionOf(provider.front))

await crashContract({
  async type(gate) {
    provider.front.spoil = ({ headers, method }) => {
      if (headers['user-agent'] !== 'keyturn') return undefined
      const call = gate.arrive(method)
      if (!call.leaves()) return 'swallow before'
      return {
        change: (said) => {
          call.answers()
          return said
        },
      }
    }
    return { type: apiKey(provider, described.env) }
  },
  // The first key was made by hand, and stays.
  rotatedBefore: 2,
  calls: { createSecret: 8, testSecret: 3 },
})

afterAll(async () => {
  await described[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})
