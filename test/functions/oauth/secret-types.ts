import type { OauthClient, OauthServer } from '../../../local/servers/oauth-server.ts'
import type { SecretTypeUnderTest, Target } from '../../contract/secret-type.ts'
import type { FunctionUnderTest } from '../../support/function-under-test.ts'

export const refreshTokenFunction: FunctionUnderTest = {
  id: 'OauthRefreshToken',
  module: 'test/functions/oauth/handlers/refresh-token.ts',
  timeoutMs: 60_000,
}

export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
  readonly client_secret: string
}

export const tokensIn = (value: string) => JSON.parse(value) as Tokens & Readonly<Record<string, unknown>>

/** A grant, and the first value of its secret, with only the fields that a secret must have. */
export async function oauthTarget(
  server: OauthServer,
  { client, fields = {} }: { readonly client?: OauthClient; readonly fields?: object } = {},
): Promise<Target> {
  const grant = await server.grant(client)
  return {
    value: JSON.stringify({ ...grant, ...fields }),
    works: (text) => server.isAlive(tokensIn(text).access_token),
    snapshot: async () => undefined,
    sensitive: (text) => {
      const { access_token, refresh_token, client_secret } = tokensIn(text)
      return [access_token, refresh_token, client_secret]
    },
    others: [],
    logins: [],
  }
}

export function refreshToken(
  title: string,
  server: OauthServer,
  env: Readonly<Record<string, string>>,
): SecretTypeUnderTest {
  return {
    title,
    server: 'oidc-provider',
    function: { ...refreshTokenFunction, env },
    oldValue: 'works',
    // As strict as AWS's user guide can be read: no version but the rotation's own may be made.
    secretsManager: { anyVersionAbandons: true },
    fresh: () => oauthTarget(server),
    hostile: {
      'a client whose id and secret have colons, quotes, blanks and all that a URL knows': () =>
        oauthTarget(server, { client: 'odd:client' }),
      'unknown fields, big numbers and __proto__': () =>
        oauthTarget(server, {
          fields: {
            ['__proto__']: { a: 1 },
            instance_url: 'https://x.example.com',
            big: 12345678901234567890n.toString(),
            z: [null],
          },
        }),
    },
  }
}
