import { afterAll } from 'vitest'
import { startKeyProvider } from '../../../local/servers/key-provider.ts'
import { describedProvider, descriptionOf } from '../../../local/servers/key-provider-description.ts'
import { stepCalls } from '../../contract/calls.ts'
import { crashContract } from '../../contract/crash-runner.ts'
import { gated } from '../../functions/api-key/gated.ts'
import { apiKey } from '../../functions/api-key/secret-types.ts'

const provider = await startKeyProvider()
const described = await describedProvider(provider.front, descriptionOf(provider.front))

await crashContract({
  async type(gate) {
    gated(provider.front, gate)
    return { type: apiKey(provider, { ...described.env, API_KEY_REVOKE_FIRST: 'true' }) }
  },
  // So that there is a key to revoke: the first one, which somebody has made by hand.
  rotatedBefore: 1,
  calls: stepCalls.ApiKey.usual,
})

afterAll(async () => {
  await described[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})
