import { randomBytes, randomUUID } from 'node:crypto'
import { type HttpsFront, startHttpsFront } from '../../../local/servers/https-front.ts'
import type { KeycloakServer } from '../../support/keycloak-server.ts'
import { serverOfThisRun } from '../../support/test-server.ts'

/** How a realm of its own treats refresh tokens and secrets of clients. */
export interface RealmWish {
  /** How often a refresh token may be used after its first use; undefined where it is not used up at all. */
  readonly refreshTokenMaxReuse?: number
  /** For how many seconds the secret before works on when there is a new one; undefined where it dies. */
  readonly graceSeconds?: number
}

export interface Client {
  readonly client_id: string
  readonly client_secret: string
}

export interface Realm {
  readonly name: string
  /** May have secrets of all clients of the realm made. */
  readonly admin: Client
  /** A client that may log a user in with a password. */
  readonly client: Client & { readonly id: string }
  /** Where the client gets tokens for the password of the realm's user. */
  grant(): Promise<Tokens>
  refresh(refreshToken: string): Promise<Tokens>
  isActive(token: string): Promise<boolean>
  /** Whether the server takes a secret for the client's. */
  letsIn(clientSecret: string, clientId?: string): Promise<boolean>
  /** Makes a further client, which may have new secrets made of itself. */
  newClient(clientId?: string): Promise<Client & { readonly id: string }>
  /** The secrets that a client has: the one now, and the one before. */
  secretsOf(id: string): Promise<readonly string[]>
  /** A call of the admin's API on the client: its path ends in `client-secret`, for instance. */
  ofClient(method: string, path: string, body?: object): Promise<{ readonly status: number; readonly value: string }>
}

export interface Tokens {
  readonly status: number
  readonly access_token?: string
  readonly refresh_token?: string
  readonly error?: string
  readonly error_description?: string
}

export interface Keycloak extends AsyncDisposable {
  readonly version: string
  readonly front: HttpsFront
  realm(wish?: RealmWish): Promise<Realm>
  log(): Promise<string>
}

/** The Keycloak of this run, behind TLS of the file's own. */
export async function keycloak(): Promise<Keycloak> {
  const { facts, readLog } = await serverOfThisRun('keycloak')
  const { version, port, admin } = facts as unknown as KeycloakServer
  const own = `http://127.0.0.1:${port}`
  const front = await startHttpsFront(port)
  let token = { value: '', until: 0 }
  async function adminToken(): Promise<string> {
    // It lives for a minute.
    if (Date.now() > token.until) token = { value: await newToken(), until: Date.now() + 30_000 }
    return token.value
  }
  async function newToken(): Promise<string> {
    const password = { grant_type: 'password', client_id: 'admin-cli', ...admin }
    return (await form(`${own}/realms/master/protocol/openid-connect/token`, password)).access_token ?? ''
  }
  async function manage(method: string, path: string, body?: object) {
    const headers = { authorization: `Bearer ${await adminToken()}`, 'content-type': 'application/json' }
    const response = await fetch(`${own}/admin/realms${path}`, { method, headers, body: JSON.stringify(body) ?? null })
    const text = await response.text()
    const json: unknown = /^[[{]/.test(text) ? JSON.parse(text) : {}
    return { status: response.status, json, value: String((json as { readonly value?: unknown }).value) }
  }
  /** Its service account gets the role that manages clients. */
  async function newClient(realm: string, clientId: string) {
    const client = { id: randomUUID(), client_id: clientId, client_secret: randomBytes(24).toString('base64url') }
    await manage('POST', `/${realm}/clients`, {
      id: client.id,
      clientId,
      secret: client.client_secret,
      serviceAccountsEnabled: true,
    })
    const account = (await manage('GET', `/${realm}/clients/${client.id}/service-account-user`)).json as { id: string }
    const [management] = (await manage('GET', `/${realm}/clients?clientId=realm-management`)).json as [{ id: string }]
    const role = (await manage('GET', `/${realm}/clients/${management.id}/roles/manage-clients`)).json
    const mappings = `/${realm}/users/${account.id}/role-mappings/clients/${management.id}`
    const { status } = await manage('POST', mappings, [role] as unknown as object)
    if (status !== 204) throw new Error(`Keycloak did not give a role: ${status}`)
    return client
  }
  return {
    version,
    front,
    log: () => readLog(0),
    async realm(wish = {}) {
      const made = representation(wish)
      const { name, client } = made
      const { status } = await manage('POST', '', made.realm)
      if (status !== 201) throw new Error(`Keycloak did not make a realm: ${status}`)
      const at = `${own}/realms/${name}/protocol/openid-connect`
      const clientOf = { client_id: client.client_id, client_secret: client.client_secret }
      return {
        name,
        client,
        admin: made.admin,
        grant: () => form(`${at}/token`, { grant_type: 'password', ...clientOf, ...made.user, scope: 'openid' }),
        refresh: (refresh_token) => form(`${at}/token`, { grant_type: 'refresh_token', ...clientOf, refresh_token }),
        async isActive(token) {
          const said = await form(`${at}/token/introspect`, { ...clientOf, token })
          return (said as { readonly active?: unknown }).active === true
        },
        async letsIn(client_secret, client_id = client.client_id) {
          return (await form(`${at}/token/introspect`, { client_id, client_secret, token: 'none' })).status === 200
        },
        newClient: (clientId = randomUUID()) => newClient(name, clientId),
        secretsOf: async (id) => [
          (await manage('GET', `/${name}/clients/${id}/client-secret`)).value,
          (await manage('GET', `/${name}/clients/${id}/client-secret/rotated`)).value,
        ],
        ofClient: (method, path, body) => manage(method, `/${name}/clients/${client.id}/${path}`, body),
      }
    },
    [Symbol.asyncDispose]: () => front[Symbol.asyncDispose](),
  }
}

async function form(url: string, fields: Readonly<Record<string, string>>): Promise<Tokens> {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(fields) })
  const text = await response.text()
  return { status: response.status, ...(text.startsWith('{') ? (JSON.parse(text) as object) : {}) }
}

/** A realm with all that is in it, which Keycloak makes in one call. */
function representation({ refreshTokenMaxReuse, graceSeconds }: RealmWish) {
  const name = `r-${randomUUID()}`
  const secret = () => randomBytes(24).toString('base64url')
  const client = { id: randomUUID(), client_id: 'application', client_secret: secret() }
  const admin = { client_id: 'rotator', client_secret: secret() }
  const user = { username: 'somebody', password: secret() }
  const policy = { name: 'rotation', enabled: true, profiles: ['rotation'] }
  const periods = { 'expiration-period': 2_592_000, 'remaining-rotation-period': 864_000 }
  const configuration = { ...periods, 'rotated-expiration-period': graceSeconds ?? 1 }
  const confidential = [{ condition: 'client-access-type', configuration: { type: ['confidential'] } }]
  const realm = {
    realm: name,
    enabled: true,
    revokeRefreshToken: refreshTokenMaxReuse !== undefined,
    refreshTokenMaxReuse: refreshTokenMaxReuse ?? 0,
    clients: [
      { id: client.id, clientId: client.client_id, secret: client.client_secret, directAccessGrantsEnabled: true },
      { clientId: admin.client_id, secret: admin.client_secret, serviceAccountsEnabled: true },
    ],
    users: [
      {
        username: `service-account-${admin.client_id}`,
        enabled: true,
        serviceAccountClientId: admin.client_id,
        clientRoles: { 'realm-management': ['manage-clients'] },
      },
      {
        username: user.username,
        enabled: true,
        // Without them the account counts as not fully set up.
        email: 'somebody@example.com',
        emailVerified: true,
        firstName: 'Some',
        lastName: 'Body',
        credentials: [{ type: 'password', value: user.password }],
      },
    ],
    ...(graceSeconds !== undefined && {
      clientProfiles: {
        profiles: [{ name: 'rotation', executors: [{ executor: 'secret-rotation', configuration }] }],
      },
      clientPolicies: { policies: [{ ...policy, conditions: confidential }] },
    }),
  }
  return { name, client, admin, user, realm }
}
