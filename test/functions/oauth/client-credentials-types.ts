import type { OauthClient, OauthServer } from '../../../local/servers/oauth-server.ts'
import type { SecretTypeUnderTest, Target } from '../../contract/secret-type.ts'
import { tokensIn } from './secret-types.ts'

/** A client with an access token for itself, which lives shorter than the schedule and so is renewed on demand. */
export async function ownTokenTarget(
  server: OauthServer,
  { client, fields = { on_demand: true } }: { readonly client?: OauthClient; readonly fields?: object } = {},
): Promise<Target> {
  const { access_token, client_id, client_secret } = await server.grant(client)
  return {
    value: JSON.stringify({ access_token, client_id, client_secret, ...fields }),
    // The first one was given to a user.
    works: async (text) => {
      const { access_token } = tokensIn(text)
      return (await server.isGiven(access_token)) || server.isAlive(access_token)
    },
    snapshot: async () => undefined,
    sensitive: (text) => [tokensIn(text).access_token, tokensIn(text).client_secret],
    others: [],
    logins: [],
  }
}

export function clientCredentials(server: OauthServer, env: Readonly<Record<string, string>>): SecretTypeUnderTest {
  return {
    title: 'access token of an OAuth client',
    server: 'oidc-provider',
    function: { id: 'OauthClientCredentials', module: 'test/functions/oauth/handlers/client-credentials.ts', env },
    oldValue: 'works',
    sequences: 4,
    fresh: () => ownTokenTarget(server),
    hostile: {
      'a client whose id and secret have colons, quotes, blanks and all that a URL knows': () =>
        ownTokenTarget(server, { client: 'odd:client' }),
      'unknown fields, big numbers and __proto__': () =>
        ownTokenTarget(server, {
          fields: { on_demand: true, ['__proto__']: { a: 1 }, big: 12345678901234567890n.toString(), z: [null] },
        }),
    },
  }
}
