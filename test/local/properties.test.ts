import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { labels, withoutFunctions } from './support.ts'

const { local, client } = await withoutFunctions()

const operations = [
  ...['BatchGetSecretValue', 'CancelRotateSecret', 'CreateSecret', 'DeleteResourcePolicy', 'DeleteSecret'],
  ...['DescribeSecret', 'GetRandomPassword', 'GetResourcePolicy', 'GetSecretValue', 'ListSecretVersionIds'],
  ...['ListSecrets', 'PutResourcePolicy', 'PutSecretValue', 'RestoreSecret', 'RotateSecret', 'TagResource'],
  ...['UntagResource', 'UpdateSecret', 'UpdateSecretVersionStage', 'ValidateResourcePolicy'],
]
const fields = [
  ...['SecretId', 'Name', 'ClientRequestToken', 'SecretString', 'SecretBinary', 'VersionStages', 'VersionStage'],
  ...['Filters', 'MaxResults', 'NextToken', 'Tags', 'TagKeys', 'ResourcePolicy', 'RotationRules', 'RotationLambdaARN'],
  ...['PasswordLength', 'ExcludeCharacters', 'RecoveryWindowInDays', 'RemoveFromVersionId', 'MoveToVersionId'],
]
const value = fc.oneof(
  fc.constantFrom('known', 'known', 'x'.repeat(40), '{}', 'null', '[1]', 'rate(1 day)'),
  fc.constantFrom([{ Key: 'name', Values: ['k'] }], { ScheduleExpression: 'cron(0 0 1 1 ? *)' }),
  fc.jsonValue({ maxDepth: 2 }),
)

test('no request body, however strange, is an internal error', async () => {
  await client.createSecret({ Name: 'known', SecretString: 'x' })
  const body = fc.dictionary(fc.constantFrom(...fields), value, { maxKeys: 6 })
  const known = fc.boolean()
  const property = fc.asyncProperty(fc.constantFrom(...operations), body, known, async (operation, given, isKnown) => {
    const headers = { 'x-amz-target': `secretsmanager.${operation}` }
    const content = JSON.stringify(isKnown ? { ...given, SecretId: 'known' } : given)
    const response = await fetch(local.endpoint, { method: 'POST', headers, body: content })
    const answer = (await response.json()) as { __type?: string }
    expect([200, 400]).toContain(response.status)
    expect(answer.__type).not.toBe('InternalServiceError')
  })
  await fc.assert(property, { numRuns: 500 })
})

test('a label is on one version alone, and AWSCURRENT always on one, after any order of changes', async () => {
  const label = fc.constantFrom('AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS', 'MINE')
  const step = fc.record({ label, put: fc.boolean(), from: fc.nat(5), to: fc.option(fc.nat(5)) })
  const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
    const { ARN: SecretId = '', VersionId = '' } = await client.createSecret({ Name: randomUUID(), SecretString: '0' })
    const ids = [VersionId]
    for (const { label, put, from, to } of steps) {
      if (put) {
        const made = await client.putSecretValue({ SecretId, SecretString: `${ids.length}`, VersionStages: [label] })
        ids.push(made.VersionId ?? '')
      } else {
        const MoveToVersionId = to === null ? undefined : ids[to % ids.length]
        const RemoveFromVersionId = ids[from % ids.length]
        const move = { SecretId, VersionStage: label, MoveToVersionId, RemoveFromVersionId }
        await client.updateSecretVersionStage(move).catch((error: Error) => {
          expect(error.name).toBe('InvalidParameterException')
        })
      }
      const held = Object.values(await labels({ client }, SecretId)).flat()
      expect(held).toContain('AWSCURRENT')
      expect(held).toHaveLength(new Set(held).size)
    }
  })
  await fc.assert(property, { numRuns: 40 })
})
