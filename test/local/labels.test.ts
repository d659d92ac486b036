import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { hour, labels, withoutFunctions } from './support.ts'

const { local, client } = await withoutFunctions()

/** A secret with two versions, the second one with the given labels. */
async function twoVersions(...VersionStages: string[]) {
  const { ARN: SecretId = '', VersionId: one = '' } = await client.createSecret({
    Name: randomUUID(),
    SecretString: '1',
  })
  const { VersionId: two = '' } = await client.putSecretValue({ SecretId, SecretString: '2', VersionStages })
  return { SecretId, one, two }
}

test('labels in answers are sorted', async () => {
  const { SecretId, two } = await twoVersions('three', 'AWSPENDING', 'one')
  expect((await labels({ client }, SecretId))[two]).toEqual(['AWSPENDING', 'one', 'three'])
})

test('a label that PutSecretValue attaches leaves the version that had it', async () => {
  const { SecretId, one, two } = await twoVersions('A', 'B')
  const put = await client.putSecretValue({ SecretId, SecretString: '3', VersionStages: ['B', 'C'] })
  const expected = { [one]: ['AWSCURRENT'], [two]: ['A'], [String(put.VersionId)]: ['B', 'C'] }
  expect(await labels({ client }, SecretId)).toEqual(expected)
})

test('moving AWSCURRENT by hand takes AWSPREVIOUS along and leaves AWSPENDING', async () => {
  const { SecretId, one, two } = await twoVersions('AWSPENDING')
  const move = { VersionStage: 'AWSCURRENT', MoveToVersionId: two, RemoveFromVersionId: one }
  await client.updateSecretVersionStage({ SecretId, ...move })
  expect(await labels({ client }, SecretId)).toEqual({ [one]: ['AWSPREVIOUS'], [two]: ['AWSCURRENT', 'AWSPENDING'] })
})

test('moving AWSCURRENT back swaps it with AWSPREVIOUS', async () => {
  const { SecretId, one, two } = await twoVersions('AWSCURRENT')
  const move = { VersionStage: 'AWSCURRENT', MoveToVersionId: one, RemoveFromVersionId: two }
  await client.updateSecretVersionStage({ SecretId, ...move })
  expect(await labels({ client }, SecretId)).toEqual({ [one]: ['AWSCURRENT'], [two]: ['AWSPREVIOUS'] })
})

test('a value that is stored as AWSCURRENT by hand removes AWSPENDING', async () => {
  const { SecretId, one, two } = await twoVersions('AWSPENDING')
  const move = { VersionStage: 'AWSCURRENT', MoveToVersionId: two, RemoveFromVersionId: one }
  await client.updateSecretVersionStage({ SecretId, ...move })
  const put = await client.putSecretValue({ SecretId, SecretString: '3' })
  const expected = { [two]: ['AWSPREVIOUS'], [String(put.VersionId)]: ['AWSCURRENT'] }
  expect(await labels({ client }, SecretId)).toEqual(expected)
})

test.each(['AWSCURRENT', 'AWSPENDING', 'MINE'])(
  'a move of %s must name the version that has it, in AWS’s words',
  async (label) => {
    const { SecretId, one, two } = await twoVersions(label)
    const move = { SecretId, VersionStage: label, MoveToVersionId: one }
    const where = `Staging label ${label} is currently attached to version ${two}`
    const what = `${where}, so you must explicitly reference that version in RemoveFromVersionId.`
    await expect(client.updateSecretVersionStage(move)).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: `The parameter RemoveFromVersionId can't be empty. ${what}`,
    })
    const wrong = client.updateSecretVersionStage({ ...move, RemoveFromVersionId: one })
    await expect(wrong).rejects.toMatchObject({ name: 'InvalidParameterException' })
    expect((await labels({ client }, SecretId))[two]).toContain(label)
    await client.updateSecretVersionStage({ ...move, RemoveFromVersionId: two })
    expect((await labels({ client }, SecretId))[one]).toContain(label)
    expect((await labels({ client }, SecretId))[two] ?? []).not.toContain(label)
  },
)

test('a label that nothing has is attached without RemoveFromVersionId', async () => {
  const { SecretId, one } = await twoVersions('AWSPENDING')
  await client.updateSecretVersionStage({ SecretId, VersionStage: 'MINE', MoveToVersionId: one })
  expect((await labels({ client }, SecretId))[one]).toEqual(['AWSCURRENT', 'MINE'])
})

test('a label is removed by naming its version alone; AWSCURRENT can only be moved', async () => {
  const { SecretId, one, two } = await twoVersions('AWSPENDING')
  await client.updateSecretVersionStage({ SecretId, VersionStage: 'AWSPENDING', RemoveFromVersionId: two })
  expect(await labels({ client }, SecretId)).toEqual({ [one]: ['AWSCURRENT'] })
  const remove = client.updateSecretVersionStage({ SecretId, VersionStage: 'AWSCURRENT', RemoveFromVersionId: one })
  await expect(remove).rejects.toMatchObject({ name: 'InvalidParameterException' })
  const absent = client.updateSecretVersionStage({ SecretId, VersionStage: 'MINE', RemoveFromVersionId: one })
  await expect(absent).rejects.toMatchObject({ name: 'InvalidParameterException' })
})

test('a label can’t be moved to a version that does not exist', async () => {
  const { SecretId } = await twoVersions('A')
  const move = client.updateSecretVersionStage({ SecretId, VersionStage: 'B', MoveToVersionId: randomUUID() })
  await expect(move).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
})

test('a secret has 20 labels at most', async () => {
  const { SecretId, one } = await twoVersions(...Array.from({ length: 19 }, (_, index) => `L${index}`))
  const more = client.updateSecretVersionStage({ SecretId, VersionStage: 'ONE_MORE', MoveToVersionId: one })
  await expect(more).rejects.toMatchObject({ name: 'LimitExceededException' })
  const put = client.putSecretValue({ SecretId, SecretString: '3', VersionStages: ['ONE_MORE'] })
  await expect(put).rejects.toMatchObject({ name: 'LimitExceededException' })
  await client.putSecretValue({ SecretId, SecretString: '3', VersionStages: ['L1'] })
})

test('versions without a label are listed only on request, without VersionStages, oldest first and in pages', async () => {
  const { SecretId, one, two } = await twoVersions('AWSCURRENT')
  const { VersionId: three } = await client.putSecretValue({ SecretId, SecretString: '3' })
  const labelled = await client.listSecretVersionIds({ SecretId })
  expect(labelled.Versions?.map(({ VersionId }) => VersionId)).toEqual([two, three])
  const all = await client.listSecretVersionIds({ SecretId, IncludeDeprecated: true, MaxResults: 2 })
  expect(all.Versions?.map(({ VersionId }) => VersionId)).toEqual([one, two])
  expect(all.Versions?.[0]).not.toHaveProperty('VersionStages')
  const rest = await client.listSecretVersionIds({ SecretId, IncludeDeprecated: true, NextToken: all.NextToken })
  expect(rest.Versions?.map(({ VersionId }) => VersionId)).toEqual([three])
  expect(rest.NextToken).toBeUndefined()
})

test('versions without a label go when there are 100, but not in their first 24 hours', async () => {
  const { SecretId, one } = await twoVersions('AWSCURRENT')
  for (let count = 2; count < 100; count++) await client.putSecretValue({ SecretId, SecretString: `value ${count}` })
  const ids = async () => {
    const { Versions = [] } = await client.listSecretVersionIds({ SecretId, IncludeDeprecated: true, MaxResults: 100 })
    return Versions.map(({ VersionId }) => VersionId)
  }
  expect(await ids()).toHaveLength(100)
  const tooSoon = client.putSecretValue({ SecretId, SecretString: 'one more' })
  await expect(tooSoon).rejects.toMatchObject({ name: 'LimitExceededException' })
  await local.clock.advance(25 * hour)
  await client.putSecretValue({ SecretId, SecretString: 'one more' })
  expect(await ids()).toHaveLength(100)
  expect(await ids()).not.toContain(one)
})

test('a label that moves is announced, except AWSPENDING and AWSPREVIOUS', async () => {
  const { SecretId, two } = await twoVersions('AWSPENDING', 'AWSCURRENT')
  const updates = local.events.list().filter((event) => event['detail-type'] === 'Secret Label Updated')
  const mine = updates.filter(({ resources }) => resources[0] === SecretId)
  expect(mine.map(({ detail }) => detail.labelUpdated)).toEqual(['AWSCURRENT', 'AWSCURRENT'])
  expect(mine[1]?.detail).toMatchObject({ labelUpdated: 'AWSCURRENT', versionId: two })
})
