import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { day, withoutFunctions } from './support.ts'

const { local, client } = await withoutFunctions()

const missing = { name: 'ResourceNotFoundException', message: "Secrets Manager can't find the specified secret." }
const marked = {
  name: 'InvalidRequestException',
  message: "You can't perform this operation on the secret because it was marked for deletion.",
}

async function create(Name: string = randomUUID()) {
  return await client.createSecret({ Name, SecretString: 'value' })
}

describe('names and ARNs', () => {
  test('the ARN is the name with six random characters, which differ for a new secret of the same name', async () => {
    const { ARN: first = '', Name = '' } = await create('app/db_+=.@-x')
    expect(first).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:app\/db_\+=\.@-x-[A-Za-z0-9]{6}$/)
    await client.deleteSecret({ SecretId: Name, ForceDeleteWithoutRecovery: true })
    expect((await create(Name)).ARN).not.toBe(first)
    await expect(client.describeSecret({ SecretId: first })).rejects.toMatchObject(missing)
  })

  test('a SecretId is the name, the ARN, or the ARN without the six characters', async () => {
    const { ARN = '', Name = '' } = await create('partial-arn')
    for (const SecretId of [Name, ARN, ARN.slice(0, -7)]) {
      expect((await client.getSecretValue({ SecretId })).ARN).toBe(ARN)
    }
  })

  test('a partial ARN that ends in a hyphen and six characters is taken for a complete one', async () => {
    const { ARN = '' } = await create('name-a1b2c3')
    await expect(client.getSecretValue({ SecretId: ARN.slice(0, -7) })).rejects.toMatchObject(missing)
    expect((await client.getSecretValue({ SecretId: 'name-a1b2c3' })).ARN).toBe(ARN)
  })

  test('an ARN of another account or Region is not found', async () => {
    const SecretId = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:partial-arn-AbCdEf'
    await expect(client.getSecretValue({ SecretId })).rejects.toMatchObject(missing)
  })

  test.each(['Inv Name', ' Inv*Name? ', 'a\nb', 'ä'])('%j is not a name, in AWS’s words', async (name) => {
    const allowed = 'Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!'
    const refused = { name: 'ValidationException', message: `Invalid name. ${allowed}` }
    await expect(client.createSecret({ Name: name, SecretString: 'x' })).rejects.toMatchObject(refused)
    await expect(client.describeSecret({ SecretId: name })).rejects.toMatchObject(refused)
    const force = { SecretId: name, ForceDeleteWithoutRecovery: true }
    await expect(client.deleteSecret(force)).rejects.toMatchObject(refused)
  })

  test('a name exists once; the same request again is answered as the first time', async () => {
    const Name = randomUUID()
    const request = { Name, SecretString: 'value', ClientRequestToken: randomUUID() }
    const first = await client.createSecret(request)
    expect(await client.createSecret(request)).toMatchObject({ ARN: first.ARN, VersionId: first.VersionId })
    await expect(create(Name)).rejects.toMatchObject({
      name: 'ResourceExistsException',
      message: `The operation failed because the secret ${Name} already exists.`,
    })
  })
})

describe('describing', () => {
  test('fields without a value are left out, RotationEnabled until rotation was configured', async () => {
    const { Name: SecretId } = await client.createSecret({ Name: randomUUID(), Description: '' })
    const { $metadata, ...found } = await client.describeSecret({ SecretId })
    expect(Object.keys(found).sort()).toEqual(['ARN', 'CreatedDate', 'LastChangedDate', 'Name'])
  })

  test('tags are set and removed by key; without the last one the list is empty', async () => {
    const { Name: SecretId = '' } = await create()
    const tags = async () => (await client.describeSecret({ SecretId })).Tags
    expect(await tags()).toBeUndefined()
    const two = [
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '2' },
    ]
    await client.tagResource({ SecretId, Tags: two })
    await client.tagResource({ SecretId, Tags: [{ Key: 'a', Value: '3' }] })
    expect(await tags()).toEqual([{ Key: 'a', Value: '3' }, two[1]])
    await client.untagResource({ SecretId, TagKeys: ['a', 'b', 'c'] })
    expect(await tags()).toEqual([])
  })
})

test('tags of the system can’t be set or removed, in AWS’s words', async () => {
  const { Name: SecretId = '' } = await create()
  const Tags = [{ Key: 'aws:cloudformation:stack-name', Value: 'x' }]
  const refused = {
    name: 'InvalidParameterException',
    message: "You can't modify system tags. Tag key: 'aws:cloudformation:stack-name'.",
  }
  await expect(client.tagResource({ SecretId, Tags })).rejects.toMatchObject(refused)
  await expect(client.untagResource({ SecretId, TagKeys: ['aws:cloudformation:stack-name'] })).rejects.toMatchObject(
    refused,
  )
  await expect(client.createSecret({ Name: randomUUID(), Tags })).rejects.toMatchObject(refused)
  // Where RDS makes a secret, it is RDS that tags it.
  const { Name: managed } = await client.createSecret({ Name: `rds!db-${randomUUID()}`, Tags })
  expect((await client.describeSecret({ SecretId: managed })).Tags).toEqual(Tags)
  await expect(client.tagResource({ SecretId: managed, Tags })).rejects.toMatchObject(refused)
})

test('a secret has 50 tags at most', async () => {
  const { Name: SecretId = '' } = await create()
  const Tags = Array.from({ length: 50 }, (_, index) => ({ Key: `key${index}`, Value: '' }))
  await client.tagResource({ SecretId, Tags })
  const more = client.tagResource({ SecretId, Tags: [{ Key: 'one-more', Value: '' }] })
  await expect(more).rejects.toMatchObject({ name: 'InvalidParameterException' })
  await client.tagResource({ SecretId, Tags: [{ Key: 'key1', Value: 'other' }] })
})

describe('deleting', () => {
  test('a secret scheduled for deletion is described, but not read, changed, rotated or created again', async () => {
    const { Name = '', VersionId = '' } = await create()
    const SecretId = Name
    const { DeletionDate } = await client.deleteSecret({ SecretId, RecoveryWindowInDays: 7 })
    expect(Number(DeletionDate)).toBeCloseTo(local.clock.now() + 7 * day, -4)
    expect((await client.describeSecret({ SecretId })).DeletedDate).toEqual(DeletionDate)
    const RemoveFromVersionId = VersionId
    const refused = [
      client.getSecretValue({ SecretId }),
      client.putSecretValue({ SecretId, SecretString: 'x' }),
      client.updateSecret({ SecretId, Description: 'x' }),
      client.updateSecretVersionStage({ SecretId, VersionStage: 'A', RemoveFromVersionId }),
      client.rotateSecret({ SecretId }),
      client.cancelRotateSecret({ SecretId }),
      client.tagResource({ SecretId, Tags: [] }),
      client.untagResource({ SecretId, TagKeys: [] }),
      client.putResourcePolicy({ SecretId, ResourcePolicy: '{}' }),
      client.deleteSecret({ SecretId }),
    ]
    for (const call of refused) await expect(call).rejects.toMatchObject(marked)
    const why = 'because a secret with this name is already scheduled for deletion.'
    await expect(create(Name)).rejects.toMatchObject({
      name: 'InvalidRequestException',
      message: `You can't create this secret ${why}`,
    })
  })

  test('RestoreSecret takes the deletion back, until the recovery window is over', async () => {
    const { Name: SecretId = '', ARN = '' } = await create()
    await client.deleteSecret({ SecretId })
    await client.restoreSecret({ SecretId })
    expect(await client.getSecretValue({ SecretId })).toMatchObject({ SecretString: 'value' })
    await client.deleteSecret({ SecretId })
    await local.clock.advance(29 * day)
    expect((await client.describeSecret({ SecretId })).Name).toBe(SecretId)
    await local.clock.advance(2 * day)
    await expect(client.restoreSecret({ SecretId })).rejects.toMatchObject(missing)
    const [start, cancel] = ['StartSecretVersionDelete', 'CancelSecretVersionDelete']
    expect(local.events.names(ARN)).toEqual([start, cancel, start, 'EndSecretVersionDelete'])
  })

  test('the recovery window is 7 to 30 days, and none goes with ForceDeleteWithoutRecovery', async () => {
    const { Name: SecretId = '' } = await create()
    for (const window of [
      { RecoveryWindowInDays: 6 },
      { RecoveryWindowInDays: 31 },
      { RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true },
    ]) {
      const call = client.deleteSecret({ SecretId, ...window })
      await expect(call).rejects.toMatchObject({ name: 'InvalidParameterException' })
    }
    expect((await client.describeSecret({ SecretId })).DeletedDate).toBeUndefined()
  })

  test('a forced deletion takes effect at once, also of a secret that was scheduled for deletion', async () => {
    const { Name: SecretId = '' } = await create()
    await client.deleteSecret({ SecretId })
    await client.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true })
    await expect(client.describeSecret({ SecretId })).rejects.toMatchObject(missing)
    await create(SecretId)
  })

  test('a forced deletion of a secret that never existed is answered as if it had', async () => {
    const gone = await client.deleteSecret({ SecretId: 'never-existed', ForceDeleteWithoutRecovery: true })
    expect(gone).toMatchObject({ Name: 'never-existed', DeletionDate: expect.any(Date) })
    await expect(client.deleteSecret({ SecretId: 'never-existed' })).rejects.toMatchObject(missing)
  })
})

test('replication is refused with a reason', async () => {
  const { Name: SecretId = '' } = await create()
  const AddReplicaRegions = [{ Region: 'eu-west-1' }]
  const refused = { name: 'InvalidRequestException', message: expect.stringContaining('not replicated') }
  await expect(client.replicateSecretToRegions({ SecretId, AddReplicaRegions })).rejects.toMatchObject(refused)
  await expect(client.createSecret({ Name: randomUUID(), AddReplicaRegions })).rejects.toMatchObject(refused)
})
