import { afterAll } from 'vitest'
import { startOauthServer } from '../../../local/servers/oauth-server.ts'
import { describedOauthServer, oauthDescription } from '../../../local/servers/oauth-server-description.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { refreshToken } from '../../functions/oauth/secret-types.ts'

for (const [title, entry, options] of [
  ['none', 'none', { rotation: 'none' }],
  ['grace', 'grace:3600', { rotation: 'single_use', graceMs: 3_600_000 }],
] as const) {
  const server = await startOauthServer(options)
  const described = await describedOauthServer(server.front, oauthDescription(server.front, entry))
  await secretTypeContract(refreshToken(`oauth, ${title}`, server, described.env))
  afterAll(async () => {
    await described[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })
}
