import { request } from 'node:https'
import type { ClientRegistration } from '../../../local/servers/client-registration.ts'
import { registrationEntry } from '../../../local/servers/client-registration.ts'
import { type DescribedServer, describedServer } from '../../../local/servers/described-server.ts'
import type { HttpsFront } from '../../../local/servers/https-front.ts'
import type { SecretTypeUnderTest, Target } from '../../contract/secret-type.ts'
import type { FunctionUnderTest } from '../../support/function-under-test.ts'
import type { SecretsManager } from '../../support/secrets-manager.ts'

export const clientSecretFunction: FunctionUnderTest = {
  id: 'OauthClientSecret',
  module: 'test/functions/oauth/handlers/client-secret.ts',
}

export function clientIn(value: string) {
  return JSON.parse(value) as { readonly client_id: string; readonly client_secret: string }
}

/** The variables of the functions. `describe` writes the entry anew, with other members of how secrets are made. */
export async function registrationFiles(front: HttpsFront): Promise<DescribedServer> {
  const entry = registrationEntry(front)
  const described = await describedServer('OAUTH', entry.name, front, entry)
  const describe = (change: object) => described.describe({ client_secret: { ...entry.client_secret, ...change } })
  return { ...described, describe, [Symbol.asyncDispose]: () => described[Symbol.asyncDispose]() }
}

/** A client that manages its own registration, and the first value of its secret. */
export async function clientTarget(
  server: ClientRegistration,
  { name, fields = {} }: { readonly name?: string; readonly fields?: object } = {},
): Promise<Target> {
  const { client_id, client_secret, registration_access_token } = await server.register(name)
  return {
    value: JSON.stringify({ client_id, client_secret, registration_access_token, ...fields }),
    works: (text) => letsIn(server.front, clientIn(text)),
    snapshot: () => server.secretOf(client_id),
    sensitive: (text) => [clientIn(text).client_secret, registration_access_token],
    others: [],
    logins: [],
  }
}

/** The same, with a registration access token that is in a secret of its own. */
export async function managedTarget(server: ClientRegistration, { store }: Pick<SecretsManager, 'store'>) {
  const { client_id, client_secret, registration_access_token } = await server.register()
  const arn = await store(JSON.stringify({ registration_access_token }))
  const value = JSON.stringify({ client_id, client_secret, admin_secret_arn: arn })
  const target = await clientTarget(server)
  return {
    arn,
    target: {
      ...target,
      value,
      snapshot: () => server.secretOf(client_id),
      sensitive: (text: string) => [clientIn(text).client_secret],
      others: [registration_access_token],
    } satisfies Target,
  }
}

/** Whether a server takes a client for who it says. */
export async function letsIn(
  { host, certificate }: HttpsFront,
  { client_id, client_secret }: { readonly client_id: string; readonly client_secret: string },
  path = '/token/introspection',
): Promise<boolean> {
  const form = new URLSearchParams({ token: 'none' }).toString()
  const basic = `${encodeURIComponent(client_id)}:${encodeURIComponent(client_secret)}`
  const headers = {
    authorization: `Basic ${Buffer.from(basic).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
  }
  const status = await new Promise<number>((resolve, reject) => {
    request(`https://${host}${path}`, { method: 'POST', ca: certificate, headers, agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
      .once('error', reject)
      .end(form)
  })
  return status === 200
}

export function registeredClientSecret(
  server: ClientRegistration,
  env: Readonly<Record<string, string>>,
): SecretTypeUnderTest {
  const make = (wish?: { readonly name?: string; readonly fields?: object }) => () => clientTarget(server, wish)
  return {
    title: 'secret of a registered OAuth client',
    server: 'oidc-provider 9.13',
    function: { ...clientSecretFunction, env },
    oldValue: 'is refused',
    sequences: 4,
    fresh: make(),
    hostile: {
      'a client whose name has quotes, braces, references and unicode': make({ name: `"}{$from $readWithout é名` }),
      'unknown fields, big numbers and __proto__': make({
        fields: { ['__proto__']: { a: 1 }, big: 12345678901234567890n.toString(), z: [null], $from: 'admin:/x' },
      }),
    },
  }
}
