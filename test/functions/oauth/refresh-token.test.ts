import { afterAll } from 'vitest'
import { startOauthServer } from '../../../local/servers/oauth-server.ts'
import { describedOauthServer, oauthDescription } from '../../../local/servers/oauth-server-description.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { refreshToken } from './secret-types.ts'

// Servers without rotation, and with a grace, are in test/providers/oauth.
const server = await startOauthServer({ rotation: 'single_use' })
const described = await describedOauthServer(server.front, oauthDescription(server.front, 'single_use'))
// What the server has been asked would be in its log.
await secretTypeContract(refreshToken('oauth, single use', server, described.env), async () =>
  server.front.heard.map(({ method, path }) => `${method} ${path}`).join('\n'),
)
afterAll(async () => {
  await described[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})
