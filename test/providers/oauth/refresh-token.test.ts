import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import keycloakEntry from '../../../functions/oauth/providers/keycloak.json' with { type: 'json' }
import type { Heard, HttpsFront } from '../../../local/servers/https-front.ts'
import { olderClaims } from '../../functions/oauth/claims.ts'
import { refreshTokenFunction, tokensIn } from '../../functions/oauth/secret-types.ts'
import { findLeak } from '../../support/leaks.ts'
import { whyNoMaven } from '../../support/maven.ts'
import { codeOf } from '../../support/outcome.ts'
import { fourSteps, type SecretsManager, secretsManagerFor } from '../../support/secrets-manager.ts'
import { startDjangoOauth, version } from './django.ts'
import { type Keycloak, keycloak } from './keycloak.ts'

const why = await whyNoMaven()
const django = await startDjangoOauth()
const server = why === undefined ? await keycloak() : (undefined as unknown as Keycloak)
const folder = await mkdtemp(join(tmpdir(), 'keyturn-oauth-servers-'))
const managers: SecretsManager[] = []
const seen: string[] = []
afterEach(() => {
  django.front.spoil = () => undefined
  if (why === undefined) server.front.spoil = () => undefined
})
afterAll(async () => {
  for (const each of managers) {
    expect(findLeak(each.output(), [...seen, ...each.rotationTokens()])).toBeUndefined()
    await each[Symbol.asyncDispose]()
  }
  await rm(folder, { recursive: true })
  await django[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
})

/** The function, and a Secrets Manager, with one entry for the provider behind a front. */
async function rotating(front: HttpsFront, entry: { readonly name: string }, hosts: string): Promise<SecretsManager> {
  const [file, ca] = [join(folder, `${managers.length}.json`), join(folder, `${managers.length}.pem`)]
  await Promise.all([writeFile(file, JSON.stringify([entry])), writeFile(ca, front.certificate)])
  const env = { OAUTH_PROVIDER: entry.name, OAUTH_PROVIDERS: file, OAUTH_HOSTS: hosts, HTTP_CA_BUNDLE: ca }
  // A run that waits for another one gives up after a few seconds, and says so.
  const secrets = await secretsManagerFor({ ...refreshTokenFunction, env, timeoutMs: 30_000 })
  managers.push(secrets)
  return secrets
}

const fieldsOf = ({ body }: Heard) => Object.fromEntries(new URLSearchParams(body))
const ofFunction = ({ headers }: Heard) => headers['user-agent'] === 'keyturn'
const isTokenRequest = (heard: Heard) => ofFunction(heard) && fieldsOf(heard).grant_type === 'refresh_token'
const sentTokens = ({ heard }: HttpsFront) => heard.filter(isTokenRequest).map((each) => fieldsOf(each).refresh_token)
const introspected = ({ heard }: HttpsFront) =>
  heard.filter((each) => ofFunction(each) && 'token' in fieldsOf(each)).map((each) => fieldsOf(each).token)

async function tokensOf(secrets: SecretsManager, secretId: string, label: 'AWSCURRENT' | 'AWSPENDING' = 'AWSCURRENT') {
  const tokens = tokensIn((await secrets.value(secretId, label)) ?? '{}')
  seen.push(tokens.access_token, tokens.refresh_token, tokens.client_secret)
  return tokens
}

/** Loses the answer of the first token request, and then makes it so late that no run waits for the one that has sent it. */
async function loseAnswer(front: HttpsFront, secrets: SecretsManager, secretId: string) {
  front.heard.length = 0
  front.spoil = (heard) => (isTokenRequest(heard) ? 'cut after' : undefined)
  const rotation = await secrets.begin(secretId)
  const outcome = await rotation.attempt('createSecret')
  expect(codeOf(outcome)).toBe('NoAnswer')
  front.spoil = () => undefined
  return rotation
}

describe(`OauthRefreshToken on django-oauth-toolkit ${version}`, {
  meta: { server: `django-oauth-toolkit ${version}` },
}, () => {
  const { front } = django
  const entry = (rotation: string) => ({
    name: 'django',
    title: 'django-oauth-toolkit',
    token_endpoint: `https://${front.host}/o/token/`,
    introspection_endpoint: `https://${front.host}/o/introspect/`,
    rotation,
  })
  const set = (grace: number, protection: boolean) =>
    django.settings({
      ROTATE_REFRESH_TOKEN: true,
      REFRESH_TOKEN_GRACE_PERIOD_SECONDS: grace,
      REFRESH_TOKEN_REUSE_PROTECTION: protection,
    })
  async function stored(secrets: SecretsManager) {
    const grant = await django.grant()
    seen.push(grant.access_token, grant.refresh_token, grant.client_secret)
    return { grant, secretId: await secrets.store(JSON.stringify(grant)) }
  }

  it('three rotations use three refresh tokens, once each, and the grant is alive', async () => {
    await set(0, true)
    const secrets = await rotating(front, entry('single_use'), front.host)
    const { grant, secretId } = await stored(secrets)
    front.heard.length = 0
    for (let round = 0; round < 3; round++) await secrets.rotate(secretId)
    const sent = sentTokens(front)
    expect([sent.length, new Set(sent).size, sent[0]]).toEqual([3, 3, grant.refresh_token])
    const { access_token } = await tokensOf(secrets, secretId)
    expect(await django.isActive(grant, access_token)).toBe(true)
  })

  it.each([[true], [false]])(
    'within the grace an answer that was lost is asked for again, with reuse protection %s',
    async (protection) => {
      await set(600, protection)
      const secrets = await rotating(front, entry('grace:600'), front.host)
      const { grant, secretId } = await stored(secrets)
      const rotation = await loseAnswer(front, secrets, secretId)
      await olderClaims(secrets, secretId)
      await rotation.run(...fourSteps)
      expect(sentTokens(front)).toEqual([grant.refresh_token, grant.refresh_token])
      // Its introspection is silent on refresh tokens, used or not, and is not asked.
      expect(introspected(front)).not.toContain(grant.refresh_token)
      const tokens = await tokensOf(secrets, secretId)
      expect(await django.isActive(grant, tokens.access_token)).toBe(true)
      await rotation.end()
      await secrets.rotate(secretId)
      expect(
        (await django.refresh({ ...grant, refresh_token: (await tokensOf(secrets, secretId)).refresh_token })).status,
      ).toBe(200)
    },
  )

  it('without a grace a refresh token that may have been used is never sent again', async () => {
    await set(0, true)
    const secrets = await rotating(front, entry('single_use'), front.host)
    const { grant, secretId } = await stored(secrets)
    const rotation = await loseAnswer(front, secrets, secretId)
    await olderClaims(secrets, secretId)
    for (let attempt = 0; attempt < 2; attempt++) {
      const outcome = await rotation.attempt('createSecret')
      expect(codeOf(outcome)).toBe('ReauthorizationRequired')
    }
    expect(sentTokens(front)).toEqual([grant.refresh_token])
  })

  it('two runs at the same time send one token request, and both end well', async () => {
    await set(0, true)
    const secrets = await rotating(front, entry('single_use'), front.host)
    const { grant, secretId } = await stored(secrets)
    front.heard.length = 0
    const rotation = await secrets.begin(secretId)
    await Promise.all([rotation.run('createSecret'), rotation.run('createSecret')])
    expect(sentTokens(front)).toEqual([grant.refresh_token])
    await rotation.run('setSecret', 'testSecret', 'finishSecret')
    expect(
      (await django.refresh({ ...grant, refresh_token: (await tokensOf(secrets, secretId)).refresh_token })).status,
    ).toBe(200)
  })
})

describe.skipIf(why !== undefined)(
  'OauthRefreshToken on Keycloak',
  {
    meta: { server: `Keycloak ${server?.version}` },
  },
  () => {
    async function stored(refreshTokenMaxReuse: number, entry: { readonly name: string } = keycloakEntry) {
      const realm = await server.realm({ refreshTokenMaxReuse })
      const { access_token = '', refresh_token = '' } = await realm.grant()
      const { client_id, client_secret } = realm.client
      seen.push(access_token, refresh_token, client_secret)
      const secrets = await rotating(server.front, entry, `keycloak=${server.front.host}`)
      const value = { access_token, refresh_token, client_id, client_secret, params: { realm: realm.name } }
      return { realm, refresh_token, secrets, secretId: await secrets.store(JSON.stringify(value)) }
    }

    it('three rotations use three refresh tokens, once each, and the grant is alive', async () => {
      const { realm, secrets, secretId } = await stored(0)
      server.front.heard.length = 0
      for (let round = 0; round < 3; round++) await secrets.rotate(secretId)
      expect([sentTokens(server.front).length, new Set(sentTokens(server.front)).size]).toEqual([3, 3])
      expect((await realm.refresh((await tokensOf(secrets, secretId)).refresh_token)).status).toBe(200)
    })

    it('introspection calls a used refresh token active, and it is not sent again for that', async () => {
      const { realm, refresh_token, secrets, secretId } = await stored(0)
      const rotation = await loseAnswer(server.front, secrets, secretId)
      expect(await realm.isActive(refresh_token)).toBe(true)
      await olderClaims(secrets, secretId)
      const outcome = await rotation.attempt('createSecret')
      expect(codeOf(outcome)).toBe('ReauthorizationRequired')
      expect(sentTokens(server.front)).toEqual([refresh_token])
      expect(introspected(server.front)).toEqual([])
    })

    it('where a realm allows one more use, and the entry says so, an answer that was lost costs nothing', async () => {
      const { realm, refresh_token, secrets, secretId } = await stored(1, {
        ...keycloakEntry,
        rotation: 'grace:600',
      } as never)
      const rotation = await loseAnswer(server.front, secrets, secretId)
      await olderClaims(secrets, secretId)
      await rotation.run(...fourSteps)
      expect(sentTokens(server.front)).toEqual([refresh_token, refresh_token])
      const tokens = await tokensOf(secrets, secretId)
      expect(await realm.isActive(tokens.access_token)).toBe(true)
      expect((await realm.refresh(tokens.refresh_token)).status).toBe(200)
    })
  },
)
