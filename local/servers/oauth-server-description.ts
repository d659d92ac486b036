import { type DescribedServer, describedServer } from './described-server.ts'
import type { HttpsFront } from './https-front.ts'

/**
 * The entry that describes the server of oauth-server.ts to the functions.
 * @param rotation `none`, `single_use` or `grace:<seconds>`
 */
export function oauthDescription({ host }: Pick<HttpsFront, 'host'>, rotation: string) {
  return {
    name: 'oauth-server',
    title: 'the authorization server of this machine',
    token_endpoint: `https://${host}/token`,
    introspection_endpoint: `https://${host}/token/introspection`,
    rotation,
    probe: { endpoint: `https://${host}/me` },
  }
}

/** The variables of the functions, and the files that they name. @param description of the server behind the front */
export function describedOauthServer(front: HttpsFront, description: object): Promise<DescribedServer> {
  return describedServer('OAUTH', 'oauth-server', front, description)
}
