import { afterAll } from 'vitest'
import { startKeyProvider } from '../../../local/servers/key-provider.ts'
import { describedProvider, descriptionOf } from '../../../local/servers/key-provider-description.ts'
import { callCases } from '../../contract/call-cases.ts'
import { rotationCalls } from '../../contract/calls.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { apiKey } from './secret-types.ts'

const provider = await startKeyProvider()
const described = await describedProvider(provider.front, descriptionOf(provider.front))
// What the provider has been asked would be in its log.
await secretTypeContract(
  apiKey(provider, described.env),
  async () => provider.front.heard.map(({ method, path }) => `${method} ${path}`).join('\n'),
  // After two rotations there is a key to revoke.
  (suite) => callCases(suite, rotationCalls.ApiKey.usual, 2),
)
afterAll(async () => {
  await described[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})
