import { randomUUID } from 'node:crypto'
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { runLambda } from '../../../local/secrets-manager/functions/lambda.ts'
import type { Heard, Spoilt } from '../../../local/servers/https-front.ts'
import { startKeyProvider } from '../../../local/servers/key-provider.ts'
import { describedProvider, descriptionOf } from '../../../local/servers/key-provider-description.ts'
import { expectFailure } from '../../contract/failure.ts'
import { type StoredTarget, suiteFor } from '../../contract/suite.ts'
import { lambdaSettings } from '../../support/function-under-test.ts'
import { saidBy } from '../../support/outcome.ts'
import { slowReads } from '../../support/slow-reads.ts'
import { anHourAgo, retimed } from './key-provider.ts'
import { apiKey, apiKeyTarget, keyIn } from './secret-types.ts'

const provider = await startKeyProvider()
const { front, options } = provider
const asItIs = { ...options }
const described = await describedProvider(front, descriptionOf(provider.front))
const type = apiKey(provider, described.env)
const slow = slowReads(type.function.id)
const suite = await suiteFor({ ...type, secretsManager: { intercept: slow.intercept } })
const { secrets } = suite

afterEach(async () => {
  front.spoil = () => undefined
  front.refuse = 0
  Object.assign(options, asItIs)
  await described.describe({})
})
afterAll(async () => {
  await suite.expectNoLeak()
  await secrets[Symbol.asyncDispose]()
  await described[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

const accountOf = ({ value }: Pick<StoredTarget, 'value'>) =>
  String((JSON.parse(value) as { params: { account: string } }).params.account)
const idIn = (value = '{}') => String((JSON.parse(value) as { key_id?: unknown }).key_id)
const idsOf = (target: Pick<StoredTarget, 'value'>) => provider.keys(accountOf(target)).map(({ id }) => id)
const asks = (method: string) => front.heard.filter((heard) => heard.method === method && isOurs(heard)).length
const isOurs = ({ headers }: Heard) => headers['user-agent'] === 'keyturn'

/** Does something to the function's requests of a method, the first so many of them. */
function spoil(method: string, spoilt: Spoilt, times = Number.POSITIVE_INFINITY): void {
  let left = times
  front.heard.length = 0
  front.spoil = (heard) => (heard.method === method && isOurs(heard) && left-- > 0 ? spoilt : undefined)
}

async function rotated(times: number, make = type.fresh): Promise<StoredTarget> {
  const target = await suite.stored(make)
  for (let n = 0; n < times; n++) await secrets.rotate(target.secretId)
  return { ...target, value: await target.stagedValue('AWSCURRENT') }
}

describe('a rotation at a provider', () => {
  it('asks four times: list, revoke, make, verify', async () => {
    const target = await rotated(2)
    front.heard.length = 0
    await secrets.rotate(target.secretId)
    expect(front.heard.filter(isOurs).map(({ method }) => method)).toEqual(['GET', 'DELETE', 'POST', 'GET'])
  })

  it('leaves the keys of AWSCURRENT and AWSPREVIOUS, and the first one, which was made by hand', async () => {
    const target = await rotated(4)
    const { AWSCURRENT, AWSPREVIOUS } = await target.staged()
    expect(idsOf(target).slice(1)).toEqual([idIn(AWSPREVIOUS), idIn(AWSCURRENT)])
    expect(provider.keys(accountOf(target))[0]?.name).toBe('by hand')
    expect(secrets.output()).toMatch(/left the key \d+ of AWSPREVIOUS alone: no function has made it/)
  })

  it('every step ten times leaves one new key', async () => {
    const target = await rotated(2)
    const rotation = await secrets.begin(target.secretId)
    for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const)
      for (let n = 0; n < 10; n++) await rotation.run(step)
    const { AWSCURRENT, AWSPREVIOUS } = await target.staged()
    expect(idsOf(target).slice(1)).toEqual([idIn(AWSPREVIOUS), idIn(AWSCURRENT)])
  })

  it.each([
    ['', 1_000],
    [', also where there is room for one key more', 3],
  ])('two processes in createSecret at once leave the key that is stored%s', async (_, limit) => {
    const target = await rotated(1)
    options.limit = limit
    const rotation = await secrets.begin(target.secretId)
    const event = { Step: 'createSecret', SecretId: target.secretId, ClientRequestToken: rotation.token }
    const process = () =>
      runLambda(
        type.function.id,
        { ...lambdaSettings(type.function), runIn: 'process' },
        () => secrets.local.endpoint,
        () => {},
      )
    const both = [process(), process()]
    // Both have loaded before either begins, and neither has stored its key when the other one asks for one.
    await Promise.all(both.map((each) => each.invoke({})))
    spoil('POST', { lateMs: 300 }, 1)
    const outcomes = await Promise.all(both.map((each) => each.invoke(event)))
    await Promise.all(both.map((each) => each.close()))
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, true])
    const { AWSCURRENT, AWSPENDING } = await target.staged()
    expect(idsOf(target).slice(1)).toEqual([idIn(AWSCURRENT), idIn(AWSPENDING)])
  })
})

describe('a key whose answer is lost', () => {
  it('is not asked for again in the same run', async () => {
    const target = await rotated(1)
    spoil('POST', 'cut after')
    const error = await expectFailure(
      suite,
      { ...target, snapshot: async () => undefined },
      { code: 'NoAnswer', step: 'createSecret' },
    )
    expect(error.errorMessage).toContain('may have been carried out')
    expect(asks('POST')).toBe(1)
  })

  it('is left alone by a run that begins a moment later, and removed by one that begins after the timeout', async () => {
    const target = await rotated(2)
    const rotation = await secrets.begin(target.secretId)
    spoil('POST', 'cut after', 1)
    await rotation.attempt('createSecret')
    const orphan = idsOf(target).at(-1) ?? ''
    await rotation.run('createSecret', 'setSecret', 'testSecret', 'finishSecret')
    await rotation.end()
    expect(idsOf(target)).toContain(orphan)
    expect(secrets.output()).toContain(`left the key ${orphan} alone, which was made a moment ago`)
    spoil('GET', anHourAgo)
    await secrets.rotate(target.secretId)
    const { AWSCURRENT, AWSPREVIOUS } = await target.staged()
    expect(idsOf(target).slice(1)).toEqual([idIn(AWSPREVIOUS), idIn(AWSCURRENT)])
  })

  it('is left alone while another run may store it, however slowly Secrets Manager answers', async () => {
    const target = await rotated(1)
    const rotation = await secrets.begin(target.secretId)
    spoil('POST', 'cut after', 1)
    await rotation.attempt('createSecret')
    const orphan = idsOf(target).at(-1) ?? ''
    spoil('GET', { change: (said) => ({ ...said, body: retimed(said.body ?? '', slow.youngest) }) }, 1)
    await slow.during(() => rotation.run('createSecret'))
    expect(idsOf(target)).toContain(orphan)
    expect(secrets.output()).toContain(`left the key ${orphan} alone, which was made a moment ago`)
  })

  it('is named where there is no room for another key, and removed by an attempt after the timeout', async () => {
    const target = await rotated(1)
    options.limit = 3
    const rotation = await secrets.begin(target.secretId)
    spoil('POST', 'cut after', 1)
    await rotation.attempt('createSecret')
    const orphan = idsOf(target).at(-1) ?? ''
    const again = await rotation.attempt('createSecret')
    expect(again).toMatchObject({ ok: false, error: { errorType: 'ProviderRefused' } })
    const said = saidBy(again)
    expect(said).toContain(
      `There may be no place for another key: one was made a moment ago that no version has (${orphan}).`,
    )
    expect(said).toContain('Trying again can help.')
    spoil('GET', anHourAgo)
    await rotation.run('createSecret', 'setSecret', 'testSecret', 'finishSecret')
    expect(idsOf(target)).not.toContain(orphan)
  })

  it('of a rotation that was given up is removed, too', async () => {
    const target = await rotated(2)
    const given = await secrets.begin(target.secretId)
    await given.run('createSecret')
    const again = { SecretId: target.secretId, SecretString: target.value }
    await secrets.client.send(new PutSecretValueCommand(again))
    await given.end()
    spoil('GET', anHourAgo)
    await secrets.rotate(target.secretId)
    const { AWSCURRENT, AWSPREVIOUS } = await target.staged()
    expect(idsOf(target).slice(1)).toEqual([idIn(AWSPREVIOUS), idIn(AWSCURRENT)])
  })

  it('is asked for again where no byte can have left', async () => {
    const target = await rotated(0)
    const rotation = await secrets.begin(target.secretId)
    front.spoil = (heard) => {
      // The next connection is the one that makes the key.
      if (heard.method === 'GET' && isOurs(heard)) front.refuse = 1
      return undefined
    }
    await rotation.run('createSecret')
    expect(idsOf(target)).toHaveLength(2)
  })
})

describe('the key that is revoked', () => {
  it.each([
    ['has a label of somebody', (target: StoredTarget) => label(target, 'PINNED')],
    ['is that of AWSCURRENT again, because somebody went back', (target: StoredTarget) => back(target)],
  ])('is never a key that %s', async (_, change) => {
    const target = await rotated(3)
    const spared = idIn((await target.staged()).AWSPREVIOUS)
    await change(target)
    spoil('GET', anHourAgo)
    await secrets.rotate(target.secretId)
    await secrets.rotate(target.secretId)
    const { AWSPREVIOUS } = await target.staged()
    if (await isLabelled(target, spared)) expect(idsOf(target)).toContain(spared)
    expect(idsOf(target)).toContain(idIn(AWSPREVIOUS))
  })

  async function label({ secretId }: StoredTarget, VersionStage: string) {
    const labels = await secrets.labels(secretId)
    const [version] = Object.entries(labels).find(([, held]) => held.includes('AWSPREVIOUS')) ?? []
    await secrets.client.send(
      new UpdateSecretVersionStageCommand({ SecretId: secretId, VersionStage, MoveToVersionId: version }),
    )
  }
  async function back({ secretId }: StoredTarget) {
    const labels = Object.entries(await secrets.labels(secretId))
    const of = (stage: string) => labels.find(([, held]) => held.includes(stage))?.[0]
    const move = { MoveToVersionId: of('AWSPREVIOUS'), RemoveFromVersionId: of('AWSCURRENT') }
    await secrets.client.send(
      new UpdateSecretVersionStageCommand({ SecretId: secretId, VersionStage: 'AWSCURRENT', ...move }),
    )
  }
  async function isLabelled({ secretId }: StoredTarget, id: string): Promise<boolean> {
    return Object.values(await secrets.labels(secretId)).some((held) => held.includes('PINNED')) && id !== ''
  }

  it('is never the key of another secret, even where AWSPREVIOUS has it', async () => {
    const account = randomUUID()
    const make = async () => apiKeyTarget(provider, { account })
    const [one, other] = [await rotated(1, make), await rotated(1, make)]
    const foreign = (await other.staged()).AWSCURRENT ?? '{}'
    const forged = { ...(JSON.parse(one.value) as object), key_id: idIn(foreign) }
    await secrets.client.send(
      new PutSecretValueCommand({ SecretId: one.secretId, SecretString: JSON.stringify(forged) }),
    )
    const own = { ...(JSON.parse(one.value) as object) }
    await secrets.client.send(new PutSecretValueCommand({ SecretId: one.secretId, SecretString: JSON.stringify(own) }))
    await secrets.rotate(one.secretId)
    expect(idsOf(one)).toContain(idIn(foreign))
  })

  it('is no key at all while a version has a key with an unknown id', async () => {
    const target = await rotated(2)
    const { key_id: _, ...bare } = JSON.parse(target.value) as Record<string, unknown>
    await secrets.client.send(
      new PutSecretValueCommand({ SecretId: target.secretId, SecretString: JSON.stringify(bare) }),
    )
    spoil('GET', anHourAgo)
    await secrets.rotate(target.secretId)
    expect(await target.works(target.value)).toBe(true)
  })

  it('is revoked before a key is made: a failure stops the rotation, and the next one repeats it', async () => {
    const target = await rotated(2)
    spoil('DELETE', { status: 500 })
    await expectFailure(suite, target, { code: 'ProviderFailed', step: 'createSecret' })
    expect(asks('POST')).toBe(0)
  })

  it('is revoked again while it lives on, also where the provider always answers well', async () => {
    const { revoke } = descriptionOf(provider.front)
    await described.describe({ revoke: { ...revoke, expect: [200, 204], gone: [] } })
    const target = await rotated(3)
    const survivor = idIn((await target.staged()).AWSPREVIOUS)
    spoil('DELETE', { status: 200 })
    await secrets.rotate(target.secretId)
    expect(idsOf(target)).toContain(survivor)
    spoil('GET', anHourAgo)
    await secrets.rotate(target.secretId)
    expect(idsOf(target)).not.toContain(survivor)
  })

  it('is looked for in twenty pages of a list without end', async () => {
    const target = await rotated(1)
    const endless = Array.from({ length: 100 }, (_, n) => ({ id: `x${n}`, name: 'of somebody' }))
    front.heard.length = 0
    front.spoil = ({ method, path }) =>
      method === 'GET' && path !== '/me'
        ? { status: 200, body: JSON.stringify({ keys: endless, next: 'https://evil.example/' }) }
        : undefined
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret')
    expect(asks('GET')).toBe(20)
    expect(secrets.output()).toContain('looked at the first 20 pages')
  })
})

describe('an operator who puts a key in the middle of a rotation', () => {
  async function interrupted(target: StoredTarget, value: string) {
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret')
    await secrets.client.send(new PutSecretValueCommand({ SecretId: target.secretId, SecretString: value }))
    await rotation.end()
    return rotation
  }

  it('keeps the key: no later rotation revokes it, but the key that was minted meanwhile', async () => {
    const target = await rotated(2)
    const foreign = apiKeyTarget(provider, { account: accountOf(target) })
    const { token } = await interrupted(target, foreign.value)
    const version = new GetSecretValueCommand({ SecretId: target.secretId, VersionId: token })
    const { SecretString: minted = '' } = await secrets.client.send(version)
    spoil('GET', anHourAgo)
    for (let n = 0; n < 2; n++) await secrets.rotate(target.secretId)
    expect(await foreign.works(foreign.value)).toBe(true)
    expect([await target.works(minted), await target.works(target.value)]).toEqual([false, false])
    const { AWSCURRENT = '', AWSPREVIOUS = '' } = await target.staged()
    expect([await target.works(AWSCURRENT), await target.works(AWSPREVIOUS)]).toEqual([true, true])
  })

  it('ends the rotation: its late steps ask the provider nothing', async () => {
    const target = await rotated(1)
    const first = await interrupted(target, target.value)
    const second = await secrets.begin(target.secretId)
    await second.run('createSecret')
    front.heard.length = 0
    // Side by side: each looks twice whether its version is pending after all.
    const late = await Promise.all((['createSecret', 'testSecret'] as const).map((step) => first.attempt(step)))
    expect(late.map(({ ok }) => ok)).toEqual([false, false])
    expect(front.heard).toEqual([])
    await second.run('testSecret', 'finishSecret')
    expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
  })
})

describe('a provider that does not do what it is asked', () => {
  it('knows a new key late: it is asked again', async () => {
    const target = await rotated(0)
    options.settleMs = 300
    await secrets.rotate(target.secretId)
    expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
  })

  it.each([
    ['never lets the new key in', { status: 401 }, 'KeyRefused'],
    ['has a fault', { status: 500 }, 'KeyUnclear'],
    ['forbids without saying why', { status: 403 }, 'KeyUnclear'],
    ['answers with a page in HTML', { status: 200, body: '<html>' }, 'KeyUnclear'],
    ['lets in somebody else', { status: 200, body: '{"account":"somebody"}' }, 'KeyMismatch'],
    ['points elsewhere', { status: 307, headers: { location: '/me' } }, 'AnswerUnusable'],
    ['answers with 300 kB', { status: 200, body: 'x'.repeat(300_000) }, 'AnswerUnusable'],
  ] as const)('%s', async (_, said, code) => {
    const target = await rotated(0)
    await described.describe({ verify: { ...descriptionOf(provider.front).verify, settleSeconds: 0 } })
    front.spoil = (heard) => (heard.path === '/me' && isOurs(heard) ? said : undefined)
    front.heard.length = 0
    await expectFailure(suite, target, { code, step: 'testSecret' })
    // An unusable answer is not asked for again at once.
    if (code === 'AnswerUnusable')
      expect(front.heard.filter((heard) => heard.path === '/me' && isOurs(heard))).toHaveLength(1)
  })

  it.each([
    ['has no room for another key', { status: 403 }, 'ProviderRefused'],
    ['knows no such account', { status: 404 }, 'ProviderRefused'],
    ['is asked too often', { status: 429 }, 'ProviderFailed'],
    ['has a fault', { status: 502 }, 'ProviderFailed'],
    ['answers well, with errors inside', { status: 201, body: '{"errors":["no"]}' }, 'ProviderRefused'],
    ['answers well, with nothing inside', { status: 201, body: '{}' }, 'AnswerUnusable'],
    ['answers well, with null for a key', { status: 201, body: '{"key":null,"id":["1"]}' }, 'AnswerUnusable'],
    ['answers well, with a number for a key', { status: 201, body: '{"key":1234567890,"id":1}' }, 'AnswerUnusable'],
    ['answers well, with a key that is too short', { status: 201, body: '{"key":"1234567","id":1}' }, 'AnswerUnusable'],
    [
      'answers well, with a line break in it',
      { status: 201, body: '{"key":"kp_abcdefg\\n","id":1}' },
      'AnswerUnusable',
    ],
    ['answers well, in HTML', { status: 201, body: '<html>' }, 'AnswerUnusable'],
  ] as const)('%s: it is asked once', async (_, said, code) => {
    const target = await rotated(0)
    const { create } = descriptionOf(provider.front)
    await described.describe({ create: { ...create, assert: [{ pointer: '/errors', absent: true }] } })
    spoil('POST', said)
    await expectFailure(suite, target, { code, step: 'createSecret' })
    expect(asks('POST')).toBe(1)
  })

  it('has no room for a key: the error says which keys may go', async () => {
    const target = await rotated(0)
    options.limit = 1
    const error = await expectFailure(suite, target, { code: 'ProviderRefused', step: 'createSecret' })
    expect(error.errorMessage).toContain('that is in no version of the secret and that nobody uses')
  })

  it('answers with key and id confused: the key is in no log', async () => {
    const { create } = descriptionOf(provider.front)
    await described.describe({ create: { ...create, outputs: { api_key: '/id', key_id: '/key' } } })
    const target = await rotated(0)
    const said = secrets.output().length
    await expectFailure(
      suite,
      { ...target, snapshot: async () => undefined },
      { code: 'AnswerUnusable', step: 'createSecret' },
    )
    const { value = '' } = provider.keys(accountOf(target)).at(-1) ?? {}
    expect(value).toMatch(/^kp_/)
    expect(secrets.output().slice(said)).not.toContain(value)
  })

  it('answers with the key in use: that is no new key', async () => {
    const target = await rotated(0)
    spoil('POST', { status: 201, body: JSON.stringify({ key: keyIn(target.value), id: 7 }) })
    await expectFailure(suite, target, { code: 'AnswerUnusable', step: 'createSecret' })
  })

  it('has a key of the name already: another name is tried', async () => {
    const target = await rotated(1)
    options.uniqueNames = true
    spoil('POST', { status: 409 }, 1)
    await secrets.rotate(target.secretId)
    expect([asks('POST'), asks('GET')]).toEqual([2, 3])
  })

  it('asks the function to wait: a moment is waited for, a day is not', async () => {
    const target = await rotated(0)
    spoil('GET', { status: 429, headers: { 'retry-after': '0' } }, 1)
    await secrets.rotate(target.secretId)
    spoil('GET', { status: 429, headers: { 'retry-after': '86400' } })
    const began = performance.now()
    const now = { ...target, value: await target.stagedValue('AWSCURRENT') }
    await expectFailure(suite, now, { code: 'ProviderFailed', step: 'createSecret' })
    expect([asks('GET'), performance.now() - began < 3_000]).toEqual([1, true])
  })
})
