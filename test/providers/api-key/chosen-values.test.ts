import { afterAll } from 'vitest'
import { startKeyProvider } from '../../../local/servers/key-provider.ts'
import { describedProvider, descriptionOf } from '../../../local/servers/key-provider-description.ts'
import { stepCalls } from '../../contract/calls.ts'
import { crashContract } from '../../contract/crash-runner.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { gated } from '../../functions/api-key/gated.ts'
import { apiKey } from '../../functions/api-key/secret-types.ts'

const provider = await startKeyProvider()
const { create: _, ...description } = descriptionOf(provider.front)
/** A provider that takes the values that we choose, by the name that we give them. */
const described = await describedProvider(provider.front, {
  ...description,
  generate: { api_key: { $random: { bytes: 32, as: 'base64url' } }, key_id: { $marker: true } },
  apply: {
    method: 'PUT',
    path: '/accounts/{account}/keys/{id}',
    parameters: { account: { $from: 'secret:/params/account' }, id: { $from: 'pending:/key_id' } },
    json: { value: { $from: 'pending:/api_key' } },
    expect: [201],
    applied: [208],
  },
})
// So that there is a key to revoke: the first one, which somebody has made by hand.
const type = {
  ...apiKey(provider, { ...described.env, API_KEY_REVOKE_FIRST: 'true' }),
  title: 'api key with a value that we choose',
}

await secretTypeContract(type)

await crashContract({
  async type(gate) {
    gated(provider.front, gate)
    return { type }
  },
  rotatedBefore: 1,
  calls: stepCalls.ApiKey.withOurValue,
})

afterAll(async () => {
  await described[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})
