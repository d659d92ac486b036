import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HttpsFront } from './https-front.ts'

/** How the functions of OAuth find an authorization server on this machine. */
export interface DescribedOauthServer extends AsyncDisposable {
  /** Variables of the functions. */
  readonly env: Readonly<Record<string, string>>
  /** Writes the provider's entry anew, with other members. */
  describe(change: Readonly<Record<string, unknown>>): Promise<void>
}

/** The entry of the server of oauth-server.ts. @param rotation `none`, `single_use` or `grace:<seconds>` */
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

/** Writes the files that the variables of the functions name. */
export async function describedOauthServer(front: HttpsFront, description: object): Promise<DescribedOauthServer> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-oauth-'))
  const [file, ca] = [join(folder, 'providers.json'), join(folder, 'ca.pem')]
  const describe = (change: object) => writeFile(file, JSON.stringify([{ ...description, ...change }]))
  await Promise.all([writeFile(ca, front.certificate), describe({})])
  const env = {
    OAUTH_PROVIDER: 'oauth-server',
    OAUTH_PROVIDERS: file,
    OAUTH_HOSTS: front.host,
    HTTP_CA_BUNDLE: ca,
  }
  return { env, describe, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}
