import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { Call, Fault } from '../../../local/secrets-manager/service/calls.ts'
import type { Said } from '../../../local/servers/https-front.ts'
import { startKeyProvider } from '../../../local/servers/key-provider.ts'
import { describedProvider, descriptionOf } from '../../../local/servers/key-provider-description.ts'
import { rotationCalls } from '../../contract/calls.ts'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { codeOf, saidBy } from '../../support/outcome.ts'
import { fourSteps, secretsManagerFor } from '../../support/secrets-manager.ts'
import { hourOlder } from './key-provider.ts'
import { apiKey, apiKeyTarget, keyIn, targetWithAdmin } from './secret-types.ts'

const provider = await startKeyProvider()
const { front } = provider
const description = descriptionOf(provider.front)
const described = await describedProvider(front, description)
const trap = createServer((socket) => {
  trapped.push(socket.remotePort)
  socket.destroy()
})
const trapped: unknown[] = []
trap.listen(0, '127.0.0.1')
await once(trap, 'listening')
const elsewhere = `localhost:${(trap.address() as AddressInfo).port}`

// The secrets that an admin's ARN stands in are made when the function runs already: it may name any of them.
const admins = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:admin-AbCdEf'
const type = apiKey(provider, described.env)
const suite = await suiteFor(type)
const { secrets } = suite

afterEach(async () => {
  front.spoil = () => undefined
  await described.describe({})
})
afterAll(async () => {
  expect(trapped).toEqual([])
  await suite.expectNoLeak()
  await secrets[Symbol.asyncDispose]()
  trap.close()
  await described[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

const own = (fields: Readonly<Record<string, unknown>>) => () => Promise.resolve(apiKeyTarget(provider, { fields }))
const asks = () => front.heard.filter(({ headers }) => headers['user-agent'] === 'keyturn').length

/** A function with other variables, and a Secrets Manager of its own. */
async function withVariables(env: Readonly<Record<string, string>>, intercept?: (call: Call) => Fault | undefined) {
  const about = { ...type.function, env: { ...described.env, ...env } }
  return secretsManagerFor(about, intercept === undefined ? {} : { intercept })
}

describe('the fields of a secret', () => {
  it.each([
    ['a path that leads up', { account: '..' }],
    ['a path that leads elsewhere', { account: 'a/b' }],
    ['a backslash', { account: 'a\\b' }],
    ['a line break', { account: 'a\r\nx-admin: 1' }],
    ['an object', { account: { a: 1 } }],
    ['null', { account: null }],
    ['an empty text', { account: '' }],
    ['nothing', {}],
  ])('%s where the account should be is refused, and nothing is sent', async (_, params) => {
    const target = await suite.stored(own({ params }))
    front.heard.length = 0
    await expectFailure(
      suite,
      { ...target, snapshot: async () => undefined },
      { code: 'InvalidSecret', step: 'createSecret' },
    )
    expect(asks()).toBe(0)
  })

  it.each([
    ['no JSON', 'a-key-alone', 'InvalidSecret'],
    ['a list', '["a-key-alone"]', 'InvalidSecret'],
    ['an empty key and no admin', '{"api_key":""}', 'InvalidSecret'],
    ['a key with a line break at its end', '{"api_key":"a-key-alone\\n"}', 'InvalidSecret'],
    ['a key that is a number', '{"api_key":12345678}', 'InvalidSecret'],
    ['params that are a list', '{"api_key":"a-key-alone","params":["x"]}', 'InvalidSecret'],
    ['a key with a line break inside', '{"api_key":"a-key\\na-key-alone","params":{"account":"a"}}', 'InvalidSecret'],
    ['a provider that is not known', '{"api_key":"a-key-alone","provider":"__proto__"}', 'ProviderUnknown'],
    ['a provider whose keys no machine may make', '{"api_key":"a-key-alone","provider":"sentry"}', 'ProviderUnknown'],
    [
      'an admin that is not listed',
      `{"api_key":"a-key-alone","params":{"account":"a"},"admin_secret_arn":"${admins}"}`,
      'AdminNotAllowed',
    ],
  ] as const)('%s is refused', async (_, value, code) => {
    const rotation = await secrets.begin(await secrets.store(value))
    const outcome = await rotation.attempt('createSecret')
    expect(codeOf(outcome)).toBe(code)
    expect(secrets.output()).not.toContain('a-key-alone')
  })

  it.each([
    ['key_id', { key_id: { a: 1 } }],
    ['provider', { provider: 7 }],
    ['host', { params: { account: 'a', host: 1 } }],
  ])('"%s" is named where it is no text', async (name, fields) => {
    const { value } = apiKeyTarget(provider, { fields })
    const outcome = await (await secrets.begin(await secrets.store(value))).attempt('createSecret')
    expect(saidBy(outcome)).toContain(`"${name}" in the secret must be a text.`)
  })

  it('an admin secret that is the secret itself is refused', async () => {
    const secretId = await secrets.store('{}')
    const value = { api_key: 'a-key-alone', params: { account: 'a' }, admin_secret_arn: secretId }
    await secrets.client.send(
      new PutSecretValueCommand({
        SecretId: secretId,
        SecretString: JSON.stringify(value),
      }),
    )
    const outcome = await (await secrets.begin(secretId)).attempt('createSecret')
    expect(saidBy(outcome)).toContain('names the secret itself')
  })

  it.each([
    ['a host that is not listed', { host: elsewhere }],
    ['a host with a user', { host: `user@${front.host}` }],
    ['a host with a dot at its end', { host: front.host.replace('localhost', 'localhost.') }],
    ['a host with a path', { host: `${front.host}/x` }],
    ['a host in other letters', { host: front.host.toUpperCase() }],
  ])('%s receives no byte', async (_, params) => {
    const target = await suite.stored(own({ params: { account: 'a', ...params } }))
    front.heard.length = 0
    await expectFailure(
      suite,
      { ...target, snapshot: async () => undefined },
      { code: 'HostNotAllowed', step: 'createSecret' },
    )
    expect([asks(), trapped]).toEqual([0, []])
  })
})

describe('the settings of the function', () => {
  it('a host of a description that the function does not list receives no byte', async () => {
    await described.describe({ hosts: [elsewhere] })
    const target = await suite.stored()
    await expectFailure(suite, target, { code: 'HostNotAllowed', step: 'createSecret' })
  })

  it('the error for an invalid description names its file and the member', async () => {
    await described.describe({ verify: { ...description.verify, dead: [200] } })
    const target = await suite.stored()
    const error = await expectFailure(suite, target, { code: 'InvalidDescription', step: 'createSecret' })
    expect(error.errorMessage).toContain(`${described.env.API_KEY_PROVIDERS}: /verify/dead and "alive" both have 200`)
  })

  it.each([
    [{ API_KEY_PROVIDERS: '/nowhere/providers.json' }, 'InvalidConfiguration', 'it cannot be read'],
    [{ API_KEY_HOSTS: 'https://api.example.com/' }, 'InvalidConfiguration', 'is a URL'],
    [{ API_KEY_REVOKE_FIRST: 'perhaps' }, 'InvalidConfiguration', 'must be false or true'],
    [{ HTTP_CA_BUNDLE: '/nowhere/ca.pem' }, 'InvalidConfiguration', 'it cannot be read'],
    [{ API_KEY_HOSTS: '' }, 'HostNotAllowed', 'lists no host of'],
    [{ API_KEY_PROVIDER: '' }, 'ProviderUnknown', 'says whose key it is'],
  ])('%j is %s', async (env, code, words) => {
    await using other = await withVariables(env)
    const { value } = apiKeyTarget(provider)
    const outcome = await (await other.begin(await other.store(value))).attempt('createSecret')
    expect(codeOf(outcome)).toBe(code)
    expect(saidBy(outcome)).toContain(words)
  })

  it('a first key that was made by hand is revoked where the function is allowed to', async () => {
    await using other = await withVariables({ API_KEY_REVOKE_FIRST: 'true' })
    const target = apiKeyTarget(provider)
    const secretId = await other.store(target.value)
    await other.rotate(secretId)
    expect(await target.works(target.value)).toBe(true)
    await other.rotate(secretId)
    expect(await target.works(target.value)).toBe(false)
  })

  it('a key that Secrets Manager refuses to store is taken back', async () => {
    const deny = ({ operation, caller }: Call): Fault | undefined =>
      operation === 'PutSecretValue' && caller === type.function.id
        ? { error: { type: 'AccessDeniedException' } }
        : undefined
    await using other = await withVariables({}, deny)
    const target = apiKeyTarget(provider)
    const outcome = await (await other.begin(await other.store(target.value))).attempt('createSecret')
    expect(codeOf(outcome)).toBe('AccessDenied')
    expect(await target.snapshot()).toHaveLength(1)
  })
})

describe("an admin's key", () => {
  /** The function reads its variables when it first runs: the ARN is known by then. */
  async function managed(fields: Readonly<Record<string, unknown>> = {}) {
    const env = { ...described.env, ADMIN_SECRET_ARNS: '' }
    const other = await secretsManagerFor({ ...type.function, env })
    const { arn, target } = await targetWithAdmin(provider, other, { fields })
    env.ADMIN_SECRET_ARNS = arn
    return { other, target }
  }

  it('makes and revokes the keys of a secret', async () => {
    const { other, target } = await managed()
    await using _ = other
    const secretId = await other.store(target.value)
    for (let n = 0; n < 2; n++) await other.rotate(secretId)
    other.local.calls.clear()
    await other.rotate(secretId)
    expect(other.local.calls.by(type.function.id)).toHaveLength(rotationCalls.ApiKey.withAdmin)
    const keys = (await target.snapshot()) as unknown[]
    expect(keys).toHaveLength(3)
  })

  it('makes the first key of a secret that has none yet, and a rehearsal passes before', async () => {
    const { other, target } = await managed({ api_key: undefined, key_id: undefined })
    await using _ = other
    const secretId = await other.store(target.value)
    await other.testOnly(secretId)
    await other.rotate(secretId)
    expect(await target.works(await other.storedValue(secretId, 'AWSCURRENT'))).toBe(true)
  })
})

describe('other ways to a new key', () => {
  const { create: _create, ...rest } = description
  const { list } = description

  function aged({ body = '', ...said }: Said): Said {
    return {
      ...said,
      body: body.replaceAll(/"name":("[^"]+")/g, (all, name: string) => `${all},"aged":${hourOlder(name)}`),
    }
  }
  const account = { $from: 'secret:/params/account' }

  const roll = {
    method: 'POST',
    path: '/accounts/{account}/keys/{id}/roll',
    parameters: { account, id: { $from: 'current:/key_id' } },
    json: { grace: 60 },
    expect: [200],
    outputs: { api_key: '/key', key_id: '/id' },
    graceSeconds: 60,
  }

  it('a provider that rolls a key keeps the one before for its grace', async () => {
    await described.describe({ create: undefined, list: undefined, revoke: undefined, rotate: roll })
    const target = await suite.stored()
    await secrets.rotate(target.secretId)
    expect(await target.works(target.value)).toBe(true)
    expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
  })

  it('a roll whose answer is lost is repeated by the next run, with the key that is in its grace', async () => {
    await described.describe({ create: undefined, list: undefined, revoke: undefined, rotate: roll })
    const target = await suite.stored()
    const rotation = await secrets.begin(target.secretId)
    let lost = 1
    front.spoil = ({ method }) => (method === 'POST' && lost-- > 0 ? 'cut after' : undefined)
    expect((await rotation.attempt('createSecret')).ok).toBe(false)
    await rotation.run(...fourSteps)
    expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
  })

  it('a value that we choose is stored, then told to the provider by each attempt, and revoked by its name', async () => {
    const apply = {
      method: 'PUT',
      path: '/accounts/{account}/keys/{id}',
      parameters: { account, id: { $from: 'pending:/key_id' } },
      json: { value: { $from: 'pending:/api_key' } },
      expect: [201],
      applied: [208],
    }
    const generate = { api_key: { $random: { bytes: 32, as: 'base64url' } }, key_id: { $marker: true } }
    await described.describe({ ...rest, create: undefined, apply, generate })
    await using other = await withVariables({})
    const target = apiKeyTarget(provider)
    const secretId = await other.store(target.value)
    for (let n = 0; n < 3; n++) {
      const rotation = await other.begin(secretId)
      await rotation.run('createSecret', 'setSecret', 'setSecret', 'testSecret', 'finishSecret')
      await rotation.end()
    }
    expect(await target.works(await other.storedValue(secretId, 'AWSCURRENT'))).toBe(true)
    expect(await target.works(await other.storedValue(secretId, 'AWSPREVIOUS'))).toBe(true)
    expect(await target.snapshot()).toHaveLength(3)
    expect(keyIn(await other.storedValue(secretId, 'AWSCURRENT'))).toMatch(/^[\w-]{43}$/)
    // Its name is its id here: what looks older is another member.
    await described.describe({
      ...rest,
      create: undefined,
      apply,
      generate,
      list: { ...list, id: '/name', marker: '/aged' },
    })
    front.spoil = () => ({ change: aged })
    other.local.calls.clear()
    await other.rotate(secretId)
    expect(await target.snapshot()).toHaveLength(3)
    expect(other.local.calls.by(type.function.id)).toHaveLength(rotationCalls.ApiKey.withOurValue)
  })
})
