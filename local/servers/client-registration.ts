import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'
import MemoryAdapter from 'oidc-provider/lib/adapters/memory_adapter.js'
import type { Certificate } from './certificate.ts'
import { type HttpsFront, startHttpsFront } from './https-front.ts'

export interface RegistrationOptions {
  /** Whether an update makes a new client secret, as RFC 7592 §2.2 leaves it to the server. */
  readonly newSecretAtUpdate: boolean
  /** Whether an update makes a new registration access token, too, and ends the one before. */
  readonly newTokenAtUpdate: boolean
}

/** A client, and the token that manages its registration. */
export interface RegisteredClient {
  readonly client_id: string
  readonly client_secret: string
  readonly registration_access_token: string
}

/** A server on this machine that clients register at (RFC 7591) and are managed at (RFC 7592): oidc-provider, behind TLS. */
export interface ClientRegistration extends AsyncDisposable {
  readonly front: HttpsFront
  /** A change holds from the next request on. */
  readonly options: { -readonly [Name in keyof RegistrationOptions]: RegistrationOptions[Name] }
  register(clientName?: string): Promise<RegisteredClient>
  /** Whether the server accepts a client's secret. */
  letsIn(client: Pick<RegisteredClient, 'client_id' | 'client_secret'>): Promise<boolean>
  /** The secret of a client, as the server has it now. */
  secretOf(clientId: string): Promise<string | undefined>
}

/** Starts a server with its clients in memory. @param certificate a certificate that it shares with other servers */
export async function startClientRegistration(
  wish: Partial<RegistrationOptions> = {},
  certificate?: Certificate,
): Promise<ClientRegistration> {
  const options = { newSecretAtUpdate: true, newTokenAtUpdate: false, ...wish }
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const front = await startHttpsFront(port, certificate)
  const provider = new Provider(`https://${front.host}`, configuration(options))
  provider.proxy = true
  server.on('request', provider.callback())
  return {
    front,
    options,
    async register(client_name = 'a client') {
      const initial = await new provider.InitialAccessToken({ policies: ['secrets'] }).save()
      const answer = await fetch(`http://127.0.0.1:${port}/reg`, {
        method: 'POST',
        headers: { authorization: `Bearer ${initial}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          client_name,
          grant_types: ['client_credentials'],
          response_types: [],
          redirect_uris: [],
        }),
      })
      if (answer.status !== 201) throw new Error(`A client was not registered: ${answer.status}`)
      return (await answer.json()) as RegisteredClient
    },
    async letsIn({ client_id, client_secret }) {
      const basic = `${encodeURIComponent(client_id)}:${encodeURIComponent(client_secret)}`
      const answer = await fetch(`http://127.0.0.1:${port}/token/introspection`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(basic).toString('base64')}` },
        body: new URLSearchParams({ token: 'none' }),
      })
      return answer.status === 200
    },
    secretOf: async (clientId) => (await provider.Client.find(clientId))?.clientSecret,
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function configuration(options: RegistrationOptions): object {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    // Given by name, it prints no notice about itself.
    adapter: (model: string) => new MemoryAdapter(model),
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'key' }] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      registration: {
        enabled: true,
        initialAccessToken: true,
        policies: {
          // Called for a new client and for an update: a new one has a secret already.
          secrets(_: unknown, properties: { client_secret?: string }) {
            if (options.newSecretAtUpdate) properties.client_secret = randomBytes(32).toString('base64url')
          },
        },
      },
      registrationManagement: { enabled: true, rotateRegistrationAccessToken: () => options.newTokenAtUpdate },
    },
    cookies: { keys: [randomUUID()] },
    ttl: { ClientCredentials: 600, RegistrationAccessToken: 3_600, InitialAccessToken: 600 },
    interactions: { url: () => '/interaction' },
    findAccount: (_: unknown, accountId: string) => ({ accountId, claims: () => ({ sub: accountId }) }),
  }
}

/** The entry that describes this server to the functions, and how it makes secrets of its clients. */
export function registrationEntry({ host }: Pick<HttpsFront, 'host'>) {
  const client = { client: { $from: 'secret:/client_id' } }
  const registration = { path: '/reg/{client}', parameters: client, expect: [200] }
  const own = [
    'registration_access_token',
    'registration_client_uri',
    'client_secret_expires_at',
    'client_id_issued_at',
  ]
  return {
    name: 'client-registration',
    title: 'the server of this machine',
    hosts: [host],
    token_endpoint: 'https://{host}/token',
    client_secret: {
      auth: {
        manage: { scheme: 'bearer', token: { $from: 'admin:/registration_access_token' } },
        use: {
          scheme: 'client_secret_basic',
          client_id: { $from: 'secret:/client_id' },
          client_secret: { $from: 'pending:/client_secret' },
        },
      },
      read: { ...registration, method: 'GET', outputs: { client_secret: '/client_secret' } },
      rotate: {
        ...registration,
        method: 'PUT',
        json: { $readWithout: own },
        outputs: { client_secret: '/client_secret' },
        graceSeconds: 0,
      },
      verify: { method: 'POST', path: '/token/introspection', form: { token: 'none' }, alive: [200], dead: [401] },
    },
  }
}
