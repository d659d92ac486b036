import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { labels, withoutFunctions } from './support.ts'

const { local, client } = await withoutFunctions()

async function create(SecretString = 'one') {
  const { Name = '', ARN = '', VersionId = '' } = await client.createSecret({ Name: randomUUID(), SecretString })
  return { SecretId: Name, ARN, VersionId }
}

describe('storing a value', () => {
  test('the first value is AWSCURRENT', async () => {
    const { SecretId, VersionId } = await create()
    const found = await client.getSecretValue({ SecretId })
    expect(found).toMatchObject({ SecretString: 'one', VersionId, VersionStages: ['AWSCURRENT'] })
  })

  test('the first value of an empty secret is AWSCURRENT, whatever labels were asked for', async () => {
    const { Name: SecretId, VersionId } = await client.createSecret({ Name: randomUUID() })
    expect(VersionId).toBeUndefined()
    const put = await client.putSecretValue({ SecretId, SecretString: 'one', VersionStages: ['MINE'] })
    expect(put.VersionStages).toEqual(['AWSCURRENT', 'MINE'])
  })

  test('PutSecretValue without labels moves AWSCURRENT, and AWSPREVIOUS follows', async () => {
    const { SecretId, VersionId } = await create()
    const second = await client.putSecretValue({ SecretId, SecretString: 'two' })
    expect(await labels({ client }, SecretId)).toEqual({
      [VersionId]: ['AWSPREVIOUS'],
      [String(second.VersionId)]: ['AWSCURRENT'],
    })
    const third = await client.putSecretValue({ SecretId, SecretString: 'three' })
    expect(await labels({ client }, SecretId)).toEqual({
      [String(second.VersionId)]: ['AWSPREVIOUS'],
      [String(third.VersionId)]: ['AWSCURRENT'],
    })
  })

  test('PutSecretValue with the same token and the same value changes nothing', async () => {
    const { SecretId, VersionId } = await create()
    const { VersionId: second } = await client.putSecretValue({ SecretId, SecretString: 'two' })
    const before = await client.describeSecret({ SecretId })
    const input = { SecretId, ClientRequestToken: VersionId, SecretString: 'one' }
    expect(await client.putSecretValue(input)).toMatchObject({ VersionId, VersionStages: ['AWSPREVIOUS'] })
    const after = await client.describeSecret({ SecretId })
    expect(after.VersionIdsToStages).toEqual({ [VersionId]: ['AWSPREVIOUS'], [String(second)]: ['AWSCURRENT'] })
    expect(after.LastChangedDate).toEqual(before.LastChangedDate)
  })

  test.each(['AWSCURRENT', 'AWSPENDING'])(
    'PutSecretValue with the same token and another value is refused on an %s version',
    async (label) => {
      const { SecretId, ARN } = await create()
      const ClientRequestToken = randomUUID()
      await client.putSecretValue({ SecretId, SecretString: 'two', ClientRequestToken, VersionStages: [label] })
      const again = client.putSecretValue({ SecretId, SecretString: 'other', ClientRequestToken })
      const what = `You can't use ClientRequestToken ${ClientRequestToken} because that value is already in use`
      await expect(again).rejects.toMatchObject({
        name: 'ResourceExistsException',
        message: `${what} for a version of secret ${ARN}.`,
      })
      const VersionId = ClientRequestToken
      expect(await client.getSecretValue({ SecretId, VersionId })).toMatchObject({ SecretString: 'two' })
    },
  )

  test('a text and the same text as binary are different values', async () => {
    const { SecretId, VersionId } = await create()
    const SecretBinary = Buffer.from('one')
    const again = client.putSecretValue({ SecretId, ClientRequestToken: VersionId, SecretBinary })
    await expect(again).rejects.toMatchObject({ name: 'ResourceExistsException' })
  })

  // The cases of moto's tests that are run on AWS.
  test.each([
    ['CreateSecret', (Name: string, rest: object) => client.createSecret({ Name, ...rest })],
    ['PutSecretValue', (SecretId: string, rest: object) => client.putSecretValue({ SecretId, ...rest })],
    ['UpdateSecret', (SecretId: string, rest: object) => client.updateSecret({ SecretId, ...rest })],
  ])('%s with a token that is in use succeeds with the same value and changes nothing, else not', async (_, call) => {
    const { SecretId, ARN, VersionId } = await create()
    const before = await labels({ client }, SecretId)
    const again = await call(SecretId, { ClientRequestToken: VersionId, SecretString: 'one' })
    expect(again).toMatchObject({ ARN, Name: SecretId, VersionId })
    for (const other of [{ SecretString: 'two' }, { SecretBinary: Buffer.from('one') }]) {
      const refused = call(SecretId, { ClientRequestToken: VersionId, Description: 'new', ...other })
      const what = `You can't use ClientRequestToken ${VersionId} because that value is already in use`
      await expect(refused).rejects.toMatchObject({
        name: 'ResourceExistsException',
        message: `${what} for a version of secret ${ARN}.`,
      })
    }
    expect(await labels({ client }, SecretId)).toEqual(before)
    expect(await client.describeSecret({ SecretId })).not.toHaveProperty('Description')
    expect(await client.getSecretValue({ SecretId })).toMatchObject({ SecretString: 'one', VersionId })
  })

  test('UpdateSecret with a token in use and the same value leaves AWSCURRENT where it is', async () => {
    const { SecretId, VersionId } = await create()
    const { VersionId: second } = await client.putSecretValue({ SecretId, SecretString: 'two' })
    const again = { SecretId, ClientRequestToken: VersionId, SecretString: 'one', Description: 'new' }
    const { LastChangedDate: before } = await client.describeSecret({ SecretId })
    await local.clock.advance(1000)
    expect(await client.updateSecret(again)).toMatchObject({ VersionId })
    expect(Number((await client.describeSecret({ SecretId })).LastChangedDate)).toBeGreaterThan(Number(before))
    expect(await client.getSecretValue({ SecretId })).toMatchObject({ SecretString: 'two', VersionId: second })
    expect(await client.describeSecret({ SecretId })).toMatchObject({ Description: 'new' })
  })

  test('CreateSecret of a name that exists, with a token that is not in use, says that it exists', async () => {
    const { SecretId, VersionId } = await create()
    const exists = {
      name: 'ResourceExistsException',
      message: `The operation failed because the secret ${SecretId} already exists.`,
    }
    const request = { Name: SecretId, SecretString: 'one' }
    await expect(client.createSecret(request)).rejects.toMatchObject(exists)
    await expect(client.createSecret({ Name: SecretId, ClientRequestToken: VersionId })).rejects.toMatchObject(exists)
  })

  test('UpdateSecret makes a new version only with a value', async () => {
    const { SecretId } = await create()
    expect((await client.updateSecret({ SecretId, Description: 'new' })).VersionId).toBeUndefined()
    const { VersionId } = await client.updateSecret({ SecretId, SecretString: 'one' })
    expect(await client.getSecretValue({ SecretId })).toMatchObject({ VersionId, SecretString: 'one' })
    expect(await client.describeSecret({ SecretId })).toMatchObject({ Description: 'new' })
  })

  test('a value of 65,536 bytes is stored and one more byte is refused, counted in bytes', async () => {
    const { SecretId } = await create()
    await client.putSecretValue({ SecretId, SecretString: `${'é'.repeat(32_767)}xx` })
    const longer = client.putSecretValue({ SecretId, SecretString: `${'é'.repeat(32_767)}xxx` })
    await expect(longer).rejects.toMatchObject({ name: 'InvalidParameterException' })
    const limit = 'failed to satisfy constraint: Member must have length less than or equal to 65536'
    const tooLong = (member: string) => ({
      name: 'ValidationException',
      message: `1 validation error detected: Value at '${member}' ${limit}`,
    })
    const letters = client.putSecretValue({ SecretId, SecretString: 'x'.repeat(65_537) })
    await expect(letters).rejects.toMatchObject(tooLong('secretString'))
    await client.putSecretValue({ SecretId, SecretBinary: Buffer.alloc(65_536) })
    const binary = client.putSecretValue({ SecretId, SecretBinary: Buffer.alloc(65_537) })
    await expect(binary).rejects.toMatchObject(tooLong('secretBinary'))
  })

  test('binary values come back byte for byte', async () => {
    const { SecretId } = await create()
    await client.putSecretValue({ SecretId, SecretBinary: Buffer.from([0, 1, 2, 255]) })
    const { SecretBinary, SecretString } = await client.getSecretValue({ SecretId })
    expect([...(SecretBinary ?? [])]).toEqual([0, 1, 2, 255])
    expect(SecretString).toBeUndefined()
  })

  test('a value is text or binary, not both and not neither', async () => {
    const { SecretId } = await create()
    const both = client.putSecretValue({ SecretId, SecretString: 'x', SecretBinary: Buffer.from('x') })
    await expect(both).rejects.toMatchObject({ name: 'InvalidParameterException' })
    const neither = client.putSecretValue({ SecretId })
    await expect(neither).rejects.toMatchObject({ name: 'InvalidRequestException' })
  })

  test('every modification sets LastChangedDate, PutSecretValue of a pending version too', async () => {
    const { SecretId } = await create()
    const changed = async () => Number((await client.describeSecret({ SecretId })).LastChangedDate)
    const dates = [await changed()]
    await local.clock.advance(1000)
    await client.putSecretValue({ SecretId, SecretString: 'two', VersionStages: ['AWSPENDING'] })
    dates.push(await changed())
    await local.clock.advance(1000)
    await client.tagResource({ SecretId, Tags: [{ Key: 'a', Value: 'b' }] })
    dates.push(await changed())
    await client.getSecretValue({ SecretId })
    expect(await changed()).toBe(dates[2])
    expect(dates).toEqual([...new Set(dates)].sort())
    expect(dates).toHaveLength(3)
  })
})

describe('reading a value', () => {
  test('an unknown secret is a ResourceNotFoundException with status 400', async () => {
    await expect(client.getSecretValue({ SecretId: 'nobody' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret.",
      $metadata: { httpStatusCode: 400 },
    })
  })

  test('a label that nothing carries and an unknown version are named in the error', async () => {
    const { SecretId } = await create()
    const what = "Secrets Manager can't find the specified secret value for"
    await expect(client.getSecretValue({ SecretId, VersionStage: 'AWSPENDING' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: `${what} staging label: AWSPENDING`,
    })
    const VersionId = randomUUID()
    await expect(client.getSecretValue({ SecretId, VersionId })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: `${what} VersionId: ${VersionId}`,
    })
  })

  test('a VersionId and a VersionStage that disagree are refused', async () => {
    const { SecretId, VersionId } = await create()
    await expect(client.getSecretValue({ SecretId, VersionId, VersionStage: 'AWSPREVIOUS' })).rejects.toMatchObject({
      name: 'InvalidRequestException',
      message: 'You provided a VersionStage that is not associated to the provided VersionId.',
    })
  })

  test('LastAccessedDate is absent until the value is read, and is a day', async () => {
    const { SecretId } = await create()
    expect((await client.describeSecret({ SecretId })).LastAccessedDate).toBeUndefined()
    await client.getSecretValue({ SecretId })
    const { LastAccessedDate } = await client.describeSecret({ SecretId })
    expect(LastAccessedDate?.toISOString()).toMatch(/T00:00:00.000Z$/)
  })

  test('BatchGetSecretValue gives what it can and says what it could not', async () => {
    const { SecretId } = await create('batched')
    const found = await client.batchGetSecretValue({ SecretIdList: [SecretId, 'nobody'] })
    expect(found.SecretValues).toMatchObject([{ Name: SecretId, SecretString: 'batched' }])
    expect(found.Errors).toMatchObject([{ SecretId: 'nobody', ErrorCode: 'ResourceNotFoundException' }])
    const both = client.batchGetSecretValue({ SecretIdList: [SecretId], Filters: [{ Key: 'name', Values: ['x'] }] })
    await expect(both).rejects.toMatchObject({ name: 'InvalidParameterException' })
    const filtered = await client.batchGetSecretValue({ Filters: [{ Key: 'name', Values: [SecretId] }] })
    expect(filtered.SecretValues).toHaveLength(1)
  })
})
