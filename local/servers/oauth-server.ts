import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'
import MemoryAdapter from 'oidc-provider/lib/adapters/memory_adapter.js'
import type { Certificate } from './certificate.ts'
import { type HttpsFront, type Said, startHttpsFront } from './https-front.ts'

export interface OauthServerOptions {
  /** Whether the second use of a refresh token ends the grant (single_use), or a token may be used again and again (none). */
  readonly rotation: 'none' | 'single_use'
  /** How long a refresh token that is sent again gets its first answer again, as with django-oauth-toolkit. */
  readonly graceMs?: number
  /** A certificate that the server shares with others. */
  readonly certificate?: Certificate
  /** How long an access token lives, in seconds; an hour where nothing is said. */
  readonly accessTokenLife?: number
}

/** What an application gets when a user has authorized its client. */
export interface OauthGrant {
  readonly access_token: string
  readonly refresh_token: string
  readonly client_id: string
  readonly client_secret: string
  /** The key of a client that signs assertions, PEM. */
  readonly private_key?: string
}

/** An authorization server on this machine: oidc-provider, behind TLS. */
export interface OauthServer extends AsyncDisposable {
  readonly front: HttpsFront
  /** Authorizes a client, as a user does in a browser. */
  grant(client?: OauthClient): Promise<OauthGrant>
  /** Whether the server accepts an access token. */
  isAlive(accessToken: string): Promise<boolean>
  /** Whether the server still accepts a token that a client has got for itself (client credentials). */
  isGiven(accessToken: string): Promise<boolean>
  /** Whether a refresh token could be used, without using it. */
  isFresh(refreshToken: string): Promise<boolean>
  /** The user revokes what was granted. */
  revoke(refreshToken: string): Promise<void>
}

export type OauthClient = (typeof clients)[number]['client_id'] | 'signing'

const common = {
  redirect_uris: ['https://client.example.com/callback'],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  response_types: ['code'],
  id_token_signed_response_alg: 'ES256',
}
/** The clients differ in how they prove who they are. */
const clients = [
  {
    client_id: 'app',
    client_secret: 'GOCSPX-plain_secret.of~a+client/1=',
    token_endpoint_auth_method: 'client_secret_basic',
  },
  {
    client_id: 'odd:client',
    client_secret: `-_.~+/=%:&?# "'\\<>{}|^$,;!@()[]*`,
    token_endpoint_auth_method: 'client_secret_basic',
  },
  {
    client_id: 'post',
    client_secret: `-_.~+/=%:&?#"'\\<> GOCSPX-post`,
    token_endpoint_auth_method: 'client_secret_post',
  },
] as const

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
/** A client that signs assertions (RFC 7523); grant() hands out its key. */
const signing = {
  client_id: 'signing',
  token_endpoint_auth_method: 'private_key_jwt',
  token_endpoint_auth_signing_alg: 'ES256',
  jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'of-the-client' }] },
}

/** Starts a server with its tokens in memory. */
export async function startOauthServer(options: OauthServerOptions): Promise<OauthServer> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const front = await startHttpsFront((server.address() as AddressInfo).port, options.certificate)
  const provider = new Provider(`https://${front.host}`, configuration(options))
  provider.proxy = true
  server.on('request', provider.callback())
  const { graceMs } = options
  if (graceMs !== undefined) front.spoil = answersAgain(graceMs)
  return {
    front,
    async grant(clientId = 'app') {
      const client = await provider.Client.find(clientId)
      const { client_secret = '' } = clients.find(({ client_id }) => client_id === clientId) ?? {}
      const accountId = randomUUID()
      const grant = new provider.Grant({ accountId, clientId })
      grant.addOIDCScope('openid offline_access')
      const about = {
        client,
        accountId,
        grantId: await grant.save(),
        scope: 'openid offline_access',
        gty: 'authorization_code',
        expiresWithSession: false,
      }
      const refreshToken = new provider.RefreshToken({ ...about, authTime: Math.floor(Date.now() / 1000) })
      const accessToken = new provider.AccessToken(about)
      return {
        access_token: await accessToken.save(),
        refresh_token: await refreshToken.save(),
        client_id: clientId,
        client_secret,
        ...(clientId === 'signing' && { private_key: String(privateKey.export({ format: 'pem', type: 'pkcs8' })) }),
      }
    },
    isAlive: (value) => isLetIn(front, value),
    isGiven: async (value) => isValid(await provider.ClientCredentials.find(value)),
    isFresh: async (value) => isValid(await provider.RefreshToken.find(value)),
    async revoke(value) {
      const token = await provider.RefreshToken.find(value)
      await (token && (await provider.Grant.find(token.grantId)))?.destroy()
    },
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Asks for the userinfo, as an application would. */
async function isLetIn({ host, certificate }: HttpsFront, accessToken: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${accessToken}` }
  const asking = request(`https://${host}/me`, { ca: certificate, headers, agent: false })
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    asking.once('response', resolve).once('error', reject).end()
  })
  answer.resume()
  return answer.statusCode === 200
}

const isValid = (token: { readonly isValid: boolean; readonly consumed?: number } | undefined) =>
  token?.isValid === true && token.consumed === undefined

function configuration({ rotation, accessTokenLife = 3_600 }: OauthServerOptions): object {
  const day = 24 * 3_600
  const key = { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'key' }
  const everybody = { enabled: true, allowedPolicy: () => true }
  return {
    // Given by name, it prints no notice about itself.
    adapter: (model: string) => new MemoryAdapter(model),
    clients: [...clients, signing].map((client) => ({ ...common, ...client })),
    jwks: { keys: [key] },
    rotateRefreshToken: rotation === 'single_use',
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: everybody,
      revocation: everybody,
    },
    cookies: { keys: [randomUUID()] },
    ttl: {
      AccessToken: accessTokenLife,
      ClientCredentials: accessTokenLife,
      IdToken: 3_600,
      RefreshToken: 14 * day,
      Grant: 14 * day,
      Interaction: 3_600,
      Session: day,
    },
    interactions: { url: () => '/interaction' },
    findAccount: (_: unknown, accountId: string) => ({ accountId, claims: () => ({ sub: accountId }) }),
  }
}

/** Answers a token request as the first one with the same refresh token, for a while. */
function answersAgain(graceMs: number): HttpsFront['spoil'] {
  const given = new Map<string, { readonly at: number; readonly said: Said }>()
  return ({ path, body }) => {
    const token = path === '/token' ? new URLSearchParams(body).get('refresh_token') : null
    if (token === null) return undefined
    const before = given.get(token)
    if (before !== undefined && Date.now() - before.at < graceMs) return before.said
    return {
      change(said) {
        if (said.status === 200) given.set(token, { at: Date.now(), said })
        return said
      },
    }
  }
}
