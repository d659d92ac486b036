import { setTimeout as sleep } from 'node:timers/promises'
import { CreateSecretCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { createApiKey } from '../../../examples/application/api-key.ts'
import type { Heard } from '../../servers/https-front.ts'
import type { Demonstration, DemoTarget } from '../target.ts'
import { loseAnswers } from './lost-answers.ts'
import { modules, type OauthServers, startOauthServers } from './servers.ts'

/** Authorization servers (oidc-provider) on this machine, and clients that use their tokens and secrets all the time. */
export async function startOauthDemo(): Promise<DemoTarget> {
  const started = await startOauthServers()
  const { fronts, env } = started
  const refused: number[] = []
  /** The requests that had been heard at a mark: each front has a list of its own. */
  const marks = new Map<number, ReadonlySet<Heard>>()
  const total = () => fronts.reduce((sum, { heard }) => sum + heard.length, 0)
  for (const front of fronts) {
    const usual = front.spoil
    front.spoil = async (heard) => {
      const spoilt = await usual(heard)
      if (spoilt !== undefined && !(typeof spoilt === 'object' && 'change' in spoilt)) return spoilt
      return {
        change(said) {
          if (said.status === 401 && heard.headers['user-agent'] === 'keyturn') refused.push(total())
          return spoilt === undefined ? said : spoilt.change(said)
        },
      }
    }
  }
  const use = async (value: string) => {
    if (await isLetIn(value, started)) return
    refused.push(total())
    throw new RefusedError('the authorization server answered 401')
  }
  const isRefused = (error: unknown) => error instanceof RefusedError
  return {
    title: 'authorization servers of this machine',
    env,
    modules,
    demonstrations: demonstrations(started),
    client: {
      use,
      isRefused,
      application({ secretId, secretsManager, refreshMs, onRefused }) {
        const client = createApiKey({ secretId, secretsManager, refreshMs, onRefused, isRefused })
        const once = () => client.use((secret) => use(JSON.stringify(secret)))
        return { use: () => patiently(once, isRefused), end: async () => undefined }
      },
    },
    mark() {
      const at = total()
      marks.set(at, new Set(fronts.flatMap(({ heard }) => heard)))
      return at
    },
    async loginsSince(mark) {
      const all = fronts.flatMap(({ heard }) => heard)
      const before = marks.get(mark) ?? new Set<Heard>()
      const since = all.filter((each) => !before.has(each))
      const byFunctions = since.filter(({ headers }) => headers['user-agent'] === 'keyturn').length
      return { byFunctions, refused: refused.filter((at) => at > mark).length }
    },
    afterwards: (say) => loseAnswers(started, say),
    [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
  }
}

class RefusedError extends Error {}

/** Where the old value dies before the new one is promoted, an application has to wait for the promotion. */
async function patiently(once: () => Promise<void>, isRefused: (error: unknown) => boolean): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await once()
    } catch (error) {
      if (!isRefused(error) || tries === 500) throw error
      await sleep(20)
    }
  }
}

interface Held {
  readonly provider: string
  readonly client_id: string
  readonly client_secret: string
  readonly access_token?: string
  readonly refresh_token?: string
}

function isLetIn(value: string, { servers, registration }: OauthServers): Promise<boolean> {
  const { provider, client_id, client_secret, access_token = '', refresh_token } = JSON.parse(value) as Held
  if (provider === 'client-registration') return registration.letsIn({ client_id, client_secret })
  if (refresh_token !== undefined) return servers.strict.isAlive(access_token)
  return servers.none.isGiven(access_token).then((given) => given || servers.none.isAlive(access_token))
}

function demonstrations({ servers, registration }: OauthServers): Demonstration[] {
  const store = async (secretsManager: SecretsManagerClient, Name: string, value: object) => {
    await secretsManager.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(value) }))
  }
  return [
    {
      functionId: 'OauthRefreshToken',
      summary: 'each refresh token is used once, and what it gives is stored before anything else',
      secretName: 'demo/oauth-tokens',
      overlap: true,
      endsByItself: true,
      // The token request, and the new token is used.
      expectedLogins: 2,
      expectedCalls: 13,
      prepare: async (secretsManager) =>
        store(secretsManager, 'demo/oauth-tokens', { ...(await servers.strict.grant()), provider: 'strict' }),
    },
    {
      functionId: 'OauthClientCredentials',
      summary: 'the client is given another access token, on demand',
      secretName: 'demo/oauth-own-token',
      overlap: true,
      endsByItself: true,
      expectedLogins: 2,
      expectedCalls: 11,
      async prepare(secretsManager) {
        const { access_token, client_id, client_secret } = await servers.none.grant()
        const value = { access_token, client_id, client_secret, provider: 'own', on_demand: true }
        await store(secretsManager, 'demo/oauth-own-token', value)
      },
    },
    {
      functionId: 'OauthClientSecret',
      summary: 'the server puts a new secret in the place of the one before, which dies with it',
      secretName: 'demo/oauth-client',
      overlap: false,
      // The function reads the registration, updates it, and uses the new secret.
      expectedLogins: 3,
      expectedCalls: 13,
      prepare: async (secretsManager) =>
        store(secretsManager, 'demo/oauth-client', {
          ...clientOf(await registration.register()),
          provider: 'client-registration',
        }),
    },
  ]
}

function clientOf({
  client_id,
  client_secret,
  registration_access_token,
}: Awaited<ReturnType<OauthServers['registration']['register']>>) {
  return { client_id, client_secret, registration_access_token }
}
