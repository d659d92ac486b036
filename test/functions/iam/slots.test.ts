import { PutSecretValueCommand, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { runLambda } from '../../../local/secrets-manager/functions/lambda.ts'
import { expectFailure } from '../../contract/failure.ts'
import { type StoredTarget, suiteFor } from '../../contract/suite.ts'
import { lambdaSettings } from '../../support/function-under-test.ts'
import { anHourAgo, deactivate, type IamSpoilt, iamApi } from '../../support/iam-api.ts'
import { slowReads } from '../../support/slow-reads.ts'
import { type AccessKeyTarget, accessKeyTarget, iamAccessKey, keyIn } from './secret-type.ts'

const api = await iamApi()
const type = iamAccessKey(api)
const slow = slowReads(type.function.id)
const suite = await suiteFor({ ...type, secretsManager: { intercept: slow.intercept } })
const { secrets } = suite

afterEach(() => {
  api.spoil = () => undefined
  api.settleMs = 0
  api.calls.length = 0
})
afterAll(async () => {
  await suite.expectNoLeak()
  await secrets[Symbol.asyncDispose]()
  await api[Symbol.asyncDispose]()
})

interface Stored extends StoredTarget {
  readonly userName: string
}

async function rotated(times: number, fields: Readonly<Record<string, unknown>> = {}): Promise<Stored> {
  let made: AccessKeyTarget | undefined
  const target = await suite.stored(async () => {
    made = await accessKeyTarget(api, fields)
    return made
  })
  for (let n = 0; n < times; n++) await secrets.rotate(target.secretId)
  return { ...target, userName: made?.userName ?? '', value: await target.stagedValue('AWSCURRENT') }
}

const idIn = (value = '{}') => keyIn(value).id
const idsOf = ({ userName }: Stored) => api.keys(userName)
const asks = (action: string) => api.calls.filter((each) => each === action).length
async function labelledIds(target: Stored): Promise<readonly string[]> {
  const { AWSCURRENT, AWSPREVIOUS } = await target.staged()
  return [idIn(AWSPREVIOUS), idIn(AWSCURRENT)]
}

/** Does something to the functions' calls of an action, the first so many of them. */
function spoil(action: string, spoilt: IamSpoilt, times = Number.POSITIVE_INFINITY): void {
  let left = times
  api.calls.length = 0
  api.spoil = (called) => (called === action && left-- > 0 ? spoilt : undefined)
}
function laterOn(): void {
  api.spoil = (action) => (action === 'GetCallerIdentity' ? undefined : { change: anHourAgo })
}

async function put({ secretId }: Stored, value: object): Promise<void> {
  await secrets.client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString: JSON.stringify(value) }))
}

describe('a rotation', () => {
  it('asks whose the key is, lists the keys, retires the oldest, and makes and proves a new one', async () => {
    const target = await rotated(2)
    api.calls.length = 0
    await secrets.rotate(target.secretId)
    const made = ['GetCallerIdentity', 'ListAccessKeys', 'UpdateAccessKey', 'DeleteAccessKey', 'CreateAccessKey']
    expect(api.calls).toEqual([...made, 'GetCallerIdentity', 'GetCallerIdentity'])
  })

  it('makes the key inactive before it deletes it', async () => {
    const target = await rotated(1)
    const [first = ''] = await labelledIds(target)
    spoil('DeleteAccessKey', { code: 'ServiceFailure', status: 500 })
    await expectFailure(
      suite,
      { ...target, snapshot: async () => undefined },
      { code: 'IamFailed', step: 'createSecret' },
    )
    expect(await idsOf(target)).toContain(first)
    expect(await api.works(keyIn(await target.stagedValue('AWSPREVIOUS')))).toBe(false)
  })

  it('every step ten times leaves the keys of AWSCURRENT and AWSPREVIOUS', async () => {
    const target = await rotated(1)
    const rotation = await secrets.begin(target.secretId)
    for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const)
      for (let n = 0; n < 10; n++) await rotation.run(step)
    expect(await idsOf(target)).toEqual(await labelledIds(target))
  })

  it('two processes in createSecret at once leave the key that is stored', async () => {
    const target = await rotated(1)
    const rotation = await secrets.begin(target.secretId)
    const event = { Step: 'createSecret', SecretId: target.secretId, ClientRequestToken: rotation.token }
    const settings = { ...lambdaSettings(type.function), runIn: 'process' } as const
    const both = [1, 2].map(() =>
      runLambda(
        type.function.id,
        settings,
        () => secrets.local.endpoint,
        () => {},
      ),
    )
    api.calls.length = 0
    // Both have loaded before either begins.
    await Promise.all(both.map((each) => each.invoke({})))
    const outcomes = await Promise.all(both.map((each) => each.invoke(event)))
    await Promise.all(both.map((each) => each.close()))
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, true])
    const { AWSCURRENT, AWSPENDING } = await target.staged()
    expect(await idsOf(target)).toEqual([idIn(AWSCURRENT), idIn(AWSPENDING)])
    // The later process does not wait any more once the other one has stored its value.
    expect(asks('ListAccessKeys')).toBeLessThan(7)
  })

  it('a key whose value cannot be stored is deleted', async () => {
    const target = await rotated(0)
    const rotation = await secrets.begin(target.secretId)
    api.spoil = (action) => {
      // In between, somebody else has stored a value under the token.
      if (action === 'CreateAccessKey') void secrets.storePending(rotation, target.value)
      return undefined
    }
    await rotation.run('createSecret')
    expect(await idsOf(target)).toEqual([idIn(target.value)])
  })
})

describe('a key that no version has', () => {
  it('is left alone while another run may store it, however slowly Secrets Manager answers', async () => {
    const target = await rotated(1)
    const rotation = await secrets.begin(target.secretId)
    spoil('CreateAccessKey', 'cut after', 1)
    await rotation.attempt('createSecret')
    const young = (answer: string) => {
      const made = new Date(slow.youngest() * 1000).toISOString()
      return anHourAgo(answer).replace(/(.*<CreateDate>)[^<]+/s, `$1${made}`)
    }
    api.calls.length = 0
    api.spoil = (action) =>
      action === 'ListAccessKeys' ? { change: asks(action) === 1 ? young : anHourAgo } : undefined
    await slow.during(() => rotation.run('createSecret'))
    // The run has waited for another one, and listed the keys again: then the key looks an hour old.
    expect(asks('ListAccessKeys')).toBe(2)
  })

  it('is left alone by a run that begins a moment later, and deleted by one that begins after the timeout', async () => {
    const target = await rotated(1)
    const rotation = await secrets.begin(target.secretId)
    spoil('CreateAccessKey', 'cut after', 1)
    expect(await rotation.attempt('createSecret')).toMatchObject({ ok: false })
    expect(asks('CreateAccessKey')).toBe(1)
    const [, orphan = ''] = await idsOf(target)
    const again = await rotation.attempt('createSecret')
    expect(again).toMatchObject({ ok: false, error: { errorType: 'AccessKeySlotBusy' } })
    expect(await idsOf(target)).toContain(orphan)
    laterOn()
    await rotation.run('createSecret', 'setSecret', 'testSecret', 'finishSecret')
    expect(await idsOf(target)).toEqual(await labelledIds(target))
    expect(await idsOf(target)).not.toContain(orphan)
  })

  it('is deleted also where it was made in the same second as the one in use', async () => {
    const target = await rotated(1)
    const rotation = await secrets.begin(target.secretId)
    spoil('CreateAccessKey', 'cut after', 1)
    await rotation.attempt('createSecret')
    const hourAgo = new Date(Date.now() - 3_600_000).toISOString().replace(/\.\d+/, '')
    const atOnce = (answer: string) => answer.replaceAll(/<CreateDate>[^<]+/g, `<CreateDate>${hourAgo}`)
    api.spoil = (action) => (action === 'ListAccessKeys' ? { change: atOnce } : undefined)
    await rotation.run('createSecret', 'setSecret', 'testSecret', 'finishSecret')
    expect(await idsOf(target)).toEqual(await labelledIds(target))
  })

  it('is deleted, too, where a rotation was given up after testSecret had used it', async () => {
    const target = await rotated(1)
    const given = await secrets.begin(target.secretId)
    await given.run('createSecret', 'testSecret')
    // Somebody has put the same value again: AWSPENDING is that of no rotation any more.
    await put(target, JSON.parse(target.value) as object)
    await given.end()
    laterOn()
    await secrets.rotate(target.secretId)
    expect(await idsOf(target)).toEqual(await labelledIds(target))
  })

  it.each([
    ['was made before the one in use', async (target: Stored) => swap(target)],
    ['has been used for something', async (target: Stored) => usedKey(target)],
    ['has been used long after it was made', async (target: Stored) => usedLate(target)],
    ['is in a version with a label of somebody', async (target: Stored) => pinned(target)],
  ])('belongs to somebody where it %s, and the error says how to free its place', async (oddity, arrange) => {
    const target = await rotated(0)
    const id = await arrange(target)
    const before = await idsOf(target)
    const now = { ...target, value: await target.stagedValue('AWSCURRENT') }
    const { errorMessage } = await expectFailure(suite, now, { code: 'AccessKeySlotTaken', step: 'createSecret' })
    expect(await idsOf(target)).toEqual(before)
    expect(errorMessage).toContain(`aws iam delete-access-key --user-name ${target.userName} --access-key-id ${id}`)
    expect(errorMessage.includes('edited with put-secret-value')).toBe(oddity === 'was made before the one in use')
    expect(errorMessage).toMatch(/made at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ and (was last used at|has never been used)/)
  })

  /** The secret has the second key of a user. */
  async function swap(target: Stored): Promise<string> {
    const { id: api_key, secretKey: secret_key } = await api.give(target.userName)
    // It has no earlier version: that would be AWSPREVIOUS.
    await put(target, { api_key, secret_key })
    await put(target, { api_key, secret_key })
    laterOn()
    return idIn(target.value)
  }
  async function usedKey({ userName }: Stored): Promise<string> {
    const { id } = await api.give(userName)
    usedFor('s3', new Date())
    return id
  }
  async function usedLate({ userName }: Stored): Promise<string> {
    const { id } = await api.give(userName)
    usedFor('sts', new Date(Date.now() + 3_600_000))
    return id
  }
  function usedFor(service: string, time: Date) {
    api.spoil = (action) => {
      if (action === 'ListAccessKeys') return { change: anHourAgo }
      if (action !== 'GetAccessKeyLastUsed') return undefined
      const used = `<LastUsedDate>${time.toISOString()}</LastUsedDate><ServiceName>${service}</ServiceName><Region>eu-west-1</Region>`
      return {
        change: (answer) =>
          answer.replace(
            /<AccessKeyLastUsed>[\s\S]*<\/AccessKeyLastUsed>/,
            `<AccessKeyLastUsed>${used}</AccessKeyLastUsed>`,
          ),
      }
    }
  }
  async function pinned(target: Stored): Promise<string> {
    await secrets.rotate(target.secretId)
    const labels = Object.entries(await secrets.labels(target.secretId))
    const [version] = labels.find(([, held]) => held.includes('AWSPREVIOUS')) ?? []
    const move = { VersionStage: 'PINNED', MoveToVersionId: version }
    await secrets.client.send(new UpdateSecretVersionStageCommand({ SecretId: target.secretId, ...move }))
    return idIn(target.value)
  }

  it('counts though it is inactive, and the error says that it is', async () => {
    const target = await rotated(0)
    const id = await swap(target)
    await deactivate(api, target.userName, id)
    const now = { ...target, value: await target.stagedValue('AWSCURRENT') }
    const { errorMessage } = await expectFailure(suite, now, { code: 'AccessKeySlotTaken', step: 'createSecret' })
    expect(errorMessage).toContain(`${id} (inactive, which counts, too)`)
  })
})

describe('the user of the keys', () => {
  it('is the user whose key the secret has: an id without its secret half is refused before a key is made', async () => {
    const [target, victim] = [await rotated(0), await rotated(0)]
    const { api_key } = JSON.parse(victim.value) as { api_key: string }
    const forged = { api_key, secret_key: keyIn(target.value).secretKey }
    await put(target, forged)
    const rotation = await secrets.begin(target.secretId)
    expect(await rotation.attempt('createSecret')).toMatchObject({ ok: false, error: { errorType: 'KeyRefused' } })
    expect(asks('CreateAccessKey')).toBe(0)
    expect(await idsOf(victim)).toEqual([api_key])
  })

  it('is never a user of the same name in another account', async () => {
    const target = await rotated(0)
    const rotation = await secrets.begin(target.secretId)
    for (const there of [
      { change: (answer: string) => answer.replaceAll(idIn(target.value), 'AKIAOTHERACCOUNT0000') },
      { code: 'NoSuchEntity', status: 404 },
    ]) {
      spoil('ListAccessKeys', there)
      const outcome = await rotation.attempt('createSecret')
      expect(outcome).toMatchObject({ ok: false, error: { errorType: 'AccessKeyUnknown' } })
      expect(asks('CreateAccessKey')).toBe(0)
    }
  })

  it.each([
    ['the root user', 'arn:aws:iam::123456789012:root'],
    ['a session of a role', 'arn:aws:sts::123456789012:assumed-role/r/s'],
  ])('is never %s', async (_, arn) => {
    const target = await rotated(0)
    spoil('GetCallerIdentity', { change: (answer) => answer.replace(/<Arn>[^<]*</, `<Arn>${arn}<`) })
    await expectFailure(suite, target, { code: 'InvalidSecret', step: 'createSecret' })
  })

  it('must be the one in "user_name", where the secret has that field', async () => {
    const target = await rotated(0, { user_name: 'somebody' })
    await expectFailure(suite, target, { code: 'KeyMismatch', step: 'createSecret' })
  })
})

describe('the new key', () => {
  it('is tried again while STS does not know it yet', async () => {
    const target = await rotated(0)
    api.settleMs = 300
    await secrets.rotate(target.secretId)
    expect(asks('GetCallerIdentity')).toBeGreaterThan(3)
    expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
  })

  it.each([
    ['not the one that IAM has made', 'SignatureDoesNotMatch', '', 'KeyRefused', 'secret half'],
    ['not let through', 'AccessDenied', 'not authorized', 'AccessDenied', 'endpoint policy'],
    ['forbidden without MFA', 'AccessDenied', 'with an explicit deny', 'AccessDenied', 'aws:MultiFactorAuthPresent'],
    // Not of the credentials of the function, which has sent none of its own.
    ['expired', 'ExpiredToken', '', 'AccessDenied', 'endpoint policy'],
  ])('that STS answers as %s has an error of its own', async (_, code, message, expected, words) => {
    const target = await rotated(0)
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret')
    spoil('GetCallerIdentity', { code, message, status: 403 })
    const outcome = await rotation.attempt('testSecret')
    expect(outcome).toMatchObject({ ok: false, error: { errorType: expected } })
    expect(JSON.stringify(outcome)).toContain(words)
  })

  it('must belong to the user of the current one', async () => {
    const [target, other] = [await rotated(0), await rotated(0)]
    const rotation = await secrets.begin(target.secretId)
    await secrets.storePending(rotation, other.value)
    expect(await rotation.attempt('testSecret')).toMatchObject({ ok: false, error: { errorType: 'KeyMismatch' } })
  })

  it('is promoted though the current one was taken out of use meanwhile', async () => {
    const target = await rotated(0)
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret')
    await deactivate(api, target.userName, idIn(target.value))
    await rotation.run('testSecret', 'finishSecret')
    expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
  })

  it.each([
    ['not allowed', 'AccessDenied', 'is not authorized to perform', 403, 'AccessDenied', 'IamUserArns'],
    ['forbidden by a policy', 'AccessDenied', 'with an explicit deny in an SCP', 403, 'AccessDenied', 'SCPs'],
    ['sent with an expired session', 'ExpiredToken', '', 403, 'AccessDenied', 'no valid AWS credentials'],
    ['throttled', 'Throttling', 'Rate exceeded', 400, 'IamFailed', 'throttled'],
  ])('is asked for once where CreateAccessKey is %s', async (_, code, message, status, expected, words) => {
    const target = await rotated(0)
    spoil('CreateAccessKey', { code, message, status })
    const { errorMessage } = await expectFailure(suite, target, { code: expected as 'IamFailed', step: 'createSecret' })
    expect(errorMessage).toContain(words)
    expect(asks('CreateAccessKey')).toBe(1)
  })
})
