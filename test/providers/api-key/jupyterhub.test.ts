import { readFileSync } from 'node:fs'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { Spoilt } from '../../../local/servers/https-front.ts'
import { describedProvider } from '../../../local/servers/key-provider-description.ts'
import { stepCalls } from '../../contract/calls.ts'
import { crashContract } from '../../contract/crash-runner.ts'
import { expectFailure } from '../../contract/failure.ts'
import { type SecretTypeUnderTest, secretTypeContract, type Target } from '../../contract/secret-type.ts'
import { suiteFor } from '../../contract/suite.ts'
import { gated } from '../../functions/api-key/gated.ts'
import { anHourAgo } from '../../functions/api-key/key-provider.ts'
import { apiKeyFunction, keyIn } from '../../functions/api-key/secret-types.ts'
import { repositoryPath } from '../../support/function-under-test.ts'
import { type JupyterHub, startJupyterHub, version } from './jupyterhub.ts'

const hub = await startJupyterHub()
const description = JSON.parse(
  readFileSync(repositoryPath('functions/api-key/providers/jupyterhub.json'), 'utf8'),
) as Readonly<Record<string, object>>
const described = await describedProvider(hub.front, description)
afterAll(async () => {
  await described[Symbol.asyncDispose]()
  await hub[Symbol.asyncDispose]()
})

async function target({ user, tokens, letsIn }: JupyterHub, name?: string): Promise<Target> {
  const { name: owner, token, id } = await user(name)
  return {
    value: JSON.stringify({ api_key: token, key_id: id, params: { user: owner } }),
    works: (text) => letsIn(keyIn(text)),
    snapshot: () => tokens(owner),
    sensitive: (text) => [keyIn(text)],
    others: [hub.admin],
    logins: [],
  }
}

const env = { ...described.env, API_KEY_PROVIDER: 'jupyterhub', API_KEY_HOSTS: `jupyterhub=${hub.front.host}` }
const type: SecretTypeUnderTest = {
  title: 'api key of JupyterHub',
  server: `JupyterHub ${version}`,
  function: { ...apiKeyFunction, env },
  oldValue: 'works',
  sequences: 4,
  fresh: () => target(hub),
  hostile: { 'a user with %, ?, # and unicode': () => target(hub, 'a%2e?x=1#é"名') },
}

await secretTypeContract(type, async () => hub.log())

await crashContract({
  async type(gate) {
    gated(hub.front, gate)
    return { type }
  },
  rotatedBefore: 2,
  calls: stepCalls.ApiKey.usual,
})

describe('between the function and JupyterHub', async () => {
  const suite = await suiteFor(type)
  const { secrets } = suite
  afterEach(async () => {
    hub.front.spoil = () => undefined
    await described.describe({})
  })
  afterAll(async () => {
    await suite.expectNoLeak()
    await secrets[Symbol.asyncDispose]()
  })

  /** Does something to the function's requests of a method, the first so many of them. */
  function spoil(wish: { readonly method: string; readonly path?: RegExp; readonly times?: number }, spoilt: Spoilt) {
    let left = wish.times ?? Number.POSITIVE_INFINITY
    hub.front.spoil = ({ method, path, headers }) => {
      const isMeant = method === wish.method && (wish.path?.test(path) ?? true) && headers['user-agent'] === 'keyturn'
      return isMeant && left-- > 0 ? spoilt : undefined
    }
  }
  const verification = { method: 'GET', path: /\/hub\/api\/user$/ }

  it('a lost answer costs a token, which the next rotation takes away one timeout later', async () => {
    const target = await suite.stored()
    spoil({ method: 'POST', times: 1 }, 'cut after')
    const rotation = await secrets.begin(target.secretId)
    expect((await rotation.attempt('createSecret')).ok).toBe(false)
    await rotation.run('createSecret', 'testSecret', 'finishSecret')
    await rotation.end()
    expect(await target.snapshot()).toHaveLength(3)
    spoil({ method: 'GET' }, anHourAgo)
    await secrets.rotate(target.secretId)
    // The first one, that of AWSPREVIOUS, and the new one.
    expect(await target.snapshot()).toHaveLength(3)
  })

  it.each([
    ['a delay', { method: 'GET' }, { delayMs: 400 }],
    ['"not now"', { method: 'GET', times: 1 }, { status: 429, headers: { 'retry-after': '1' } }],
    ['a 403 while a token is not known yet', { ...verification, times: 2 }, { status: 403 }],
  ] as const)('%s is waited for', async (_, wish, spoilt) => {
    await described.describe({ verify: { ...description.verify, settleSeconds: 10 } })
    const target = await suite.stored()
    spoil(wish, spoilt)
    await secrets.rotate(target.secretId)
    expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
  })

  it.each([
    ['a page in HTML', { status: 200, body: '<html>' }, 'KeyUnclear'],
    ['300 kB', { status: 200, body: 'x'.repeat(300_000) }, 'AnswerUnusable'],
    ['a redirect', { status: 307, headers: { location: '/hub/api/user' } }, 'AnswerUnusable'],
    ['another user', { status: 200, body: '{"name":"somebody"}' }, 'KeyMismatch'],
  ] as const)('%s in the place of the answer proves nothing of a token', async (_, said, code) => {
    const target = await suite.stored()
    spoil(verification, said)
    await expectFailure(suite, target, { code, step: 'testSecret' })
  })
})
