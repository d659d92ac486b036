import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, it } from 'vitest'
import { stepCalls } from '../../contract/calls.ts'
import { crashContract } from '../../contract/crash-runner.ts'
import { type SecretTypeUnderTest, secretTypeContract, type Target } from '../../contract/secret-type.ts'
import type { Suite } from '../../contract/suite.ts'
import { olderClaims } from '../../functions/oauth/claims.ts'
import { clientIn, clientSecretFunction } from '../../functions/oauth/client-secret-types.ts'
import { whyNoMaven } from '../../support/maven.ts'
import { fourSteps } from '../../support/secrets-manager.ts'
import { keycloak, type Realm } from './keycloak.ts'

const why = await whyNoMaven()
if (why === undefined) await suites()
else it.skip(why, () => undefined)

async function suites(): Promise<void> {
  const server = await keycloak()
  const { front } = server
  const realm = await server.realm({ graceSeconds: 172_800 })
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-keycloak-ca-'))
  const ca = join(folder, 'ca.pem')
  await writeFile(ca, front.certificate)
  const env = { OAUTH_PROVIDER: 'keycloak', OAUTH_HOSTS: `keycloak=${front.host}`, HTTP_CA_BUNDLE: ca }
  const type: SecretTypeUnderTest = {
    title: 'client secret of Keycloak',
    server: `Keycloak ${server.version}`,
    function: { ...clientSecretFunction, env, timeoutMs: 60_000 },
    oldValue: 'works',
    sequences: 2,
    fresh: () => clientTarget(realm),
    hostile: { 'a client whose id has a colon, %, blanks and unicode': () => clientTarget(realm, 'a:b%2e c"é ') },
  }

  let usual = front.spoil
  afterEach(() => {
    front.spoil = usual
  })
  afterAll(async () => {
    await rm(folder, { recursive: true })
    await server[Symbol.asyncDispose]()
  })

  /** The requests to the admin's API about a secret. */
  const asked = () => front.heard.filter(({ path }) => path.endsWith('/client-secret')).map(({ method }) => method)

  await secretTypeContract(type, server.log, ({ stored, secrets }: Suite) => {
    it('two runs at once have one new client secret made, and the one in use lives on', async () => {
      const target = await stored()
      const rotation = await secrets.begin(target.secretId)
      // The first request is on its way while the other run looks.
      front.spoil = ({ method, path }) =>
        method === 'POST' && path.endsWith('/client-secret') ? { delayMs: 3_000 } : undefined
      front.heard.length = 0
      await Promise.all([rotation.run('createSecret'), rotation.run('createSecret')])
      expect(asked().filter((method) => method === 'POST')).toEqual(['POST'])
      expect(await target.works(target.value)).toBe(true)
      await rotation.run('setSecret', 'testSecret', 'finishSecret')
      await target.expectPromoted(rotation, target.value)
    }, 120_000)

    it('a client secret whose answer was lost is read again and stored, and the one in use lives on', async () => {
      const target = await stored()
      const rotation = await secrets.begin(target.secretId)
      front.spoil = ({ method, path }) =>
        method === 'POST' && path.endsWith('/client-secret') ? 'cut after' : undefined
      front.heard.length = 0
      await rotation.run(...fourSteps)
      expect(asked()).toEqual(['GET', 'POST', 'GET'])
      await target.expectPromoted(rotation, target.value)
    }, 120_000)
  })

  await crashContract({
    async type(gate) {
      usual = ({ headers, method }) => {
        if (headers['user-agent'] !== 'keyturn') return undefined
        const call = gate.arrive(method)
        if (!call.leaves()) return 'swallow before'
        return {
          change: (said) => {
            call.answers()
            return said
          },
        }
      }
      front.spoil = usual
      return { type }
    },
    afterKill: olderClaims,
    calls: stepCalls.OauthClientSecret.usual,
  })
}

/** A client that manages itself, and the first value of its secret. */
async function clientTarget(realm: Realm, name?: string): Promise<Target> {
  const client = await realm.newClient(name)
  return {
    value: JSON.stringify({
      client_id: client.client_id,
      client_secret: client.client_secret,
      params: { realm: realm.name, client: client.id },
    }),
    works: (text) => realm.letsIn(clientIn(text).client_secret, client.client_id),
    snapshot: () => realm.secretsOf(client.id),
    sensitive: (text) => [clientIn(text).client_secret],
    others: [],
    logins: [],
  }
}
