import { afterAll } from 'vitest'
import { startOauthServer } from '../../../local/servers/oauth-server.ts'
import { describedOauthServer, oauthDescription } from '../../../local/servers/oauth-server-description.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { refreshToken } from './secret-types.ts'

for (const rotation of ['none', 'single_use'] as const) {
  const server = await startOauthServer({ rotation })
  const described = await describedOauthServer(server.front, oauthDescription(server.front, rotation))
  // What the server has been asked would be in its log.
  await secretTypeContract(refreshToken(`oauth, ${rotation}`, server, described.env), async () =>
    server.front.heard.map(({ method, path }) => `${method} ${path}`).join('\n'),
  )
  afterAll(async () => {
    await described[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })
}
