import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LocalSecretsManager, startLocalSecretsManager } from '../../local/secrets-manager/start.ts'
import { clientFor } from './support.ts'

let local: LocalSecretsManager
beforeAll(async () => {
  local = await startLocalSecretsManager({ functions: {} })
  await clientFor(local).createSecret({ Name: 'known', SecretString: 'x' })
})
afterAll(() => local.close())

async function refusal(operation: string, body: object): Promise<{ __type: string; Message: string }> {
  const headers = { 'x-amz-target': `secretsmanager.${operation}` }
  const response = await fetch(local.endpoint, { method: 'POST', headers, body: JSON.stringify(body) })
  return (await response.json()) as { __type: string; Message: string }
}

const longer = (most: number) => 'x'.repeat(most + 1)
const many = <T>(most: number, item: T): T[] => Array.from({ length: most + 1 }, () => item)
const token = { ClientRequestToken: 'x'.repeat(32) }
const secret = { SecretId: 'known' }

/** The lengths and sizes of the API's service model (secretsmanager-2017-10-17), by operation and member. */
const limits: readonly (readonly [string, object, string, RegExp])[] = [
  ['CreateSecret', { ...token, Name: longer(512) }, 'name', /less than or equal to 512/],
  ['CreateSecret', { Name: 'a', ClientRequestToken: longer(64) }, 'clientRequestToken', /less than or equal to 64/],
  ['CreateSecret', { ...token, Name: 'a', Description: longer(2048) }, 'description', /less than or equal to 2048/],
  ['CreateSecret', { ...token, Name: 'a', KmsKeyId: longer(2048) }, 'kmsKeyId', /less than or equal to 2048/],
  ['CreateSecret', { ...token, Name: 'a', SecretString: '' }, 'secretString', /greater than or equal to 1/],
  ['CreateSecret', { ...token, Name: 'a', SecretBinary: '' }, 'secretBinary', /greater than or equal to 1/],
  ['CreateSecret', { ...token, Name: 'a', Tags: [{ Key: longer(128), Value: '' }] }, 'tags.1.member.key', /to 128/],
  ['CreateSecret', { ...token, Name: 'a', Tags: [{ Key: 'a', Value: longer(256) }] }, 'tags.1.member.value', /to 256/],
  ['GetSecretValue', { SecretId: longer(2048) }, 'secretId', /less than or equal to 2048/],
  ['GetSecretValue', { ...secret, VersionId: 'x'.repeat(31) }, 'versionId', /greater than or equal to 32/],
  ['GetSecretValue', { ...secret, VersionStage: longer(256) }, 'versionStage', /less than or equal to 256/],
  [
    'PutSecretValue',
    { ...secret, ...token, VersionStages: many(20, 'a') },
    'versionStages',
    /less than or equal to 20/,
  ],
  ['PutSecretValue', { ...secret, ...token, VersionStages: [] }, 'versionStages', /greater than or equal to 1/],
  ['PutSecretValue', { ...secret, ...token, RotationToken: 'x'.repeat(35) }, 'rotationToken', /or equal to 36/],
  ['UpdateSecretVersionStage', { ...secret, VersionStage: '' }, 'versionStage', /greater than or equal to 1/],
  ['UpdateSecretVersionStage', { ...secret, VersionStage: 'a', MoveToVersionId: 'x' }, 'moveToVersionId', /to 32/],
  ['RotateSecret', { ...secret, ...token, RotationLambdaARN: longer(2048) }, 'rotationLambdaARN', /or equal to 2048/],
  ['RotateSecret', { ...secret, ...token, RotationRules: { AutomaticallyAfterDays: 1001 } }, 'Days', /equal to 1000/],
  [
    'RotateSecret',
    { ...secret, ...token, RotationRules: { Duration: '100h' } },
    'rotationRules.duration',
    /equal to 3/,
  ],
  ['ListSecrets', { MaxResults: 101 }, 'maxResults', /less than or equal to 100/],
  ['ListSecrets', { NextToken: longer(4096) }, 'nextToken', /less than or equal to 4096/],
  ['ListSecrets', { Filters: many(10, { Key: 'name', Values: ['a'] }) }, 'filters', /less than or equal to 10/],
  ['ListSecrets', { Filters: [{ Key: 'name', Values: many(10, 'a') }] }, 'filters.1.member.values', /or equal to 10/],
  ['ListSecrets', { Filters: [{ Key: 'name', Values: [longer(512)] }] }, 'values.1.member', /or equal to 512/],
  ['ListSecretVersionIds', { ...secret, MaxResults: 0 }, 'maxResults', /greater than or equal to 1/],
  ['BatchGetSecretValue', { SecretIdList: many(20, 'known') }, 'secretIdList', /less than or equal to 20/],
  ['BatchGetSecretValue', { Filters: [], MaxResults: 21 }, 'maxResults', /less than or equal to 20/],
  ['GetRandomPassword', { PasswordLength: 0 }, 'passwordLength', /greater than or equal to 1/],
  ['GetRandomPassword', { ExcludeCharacters: longer(4096) }, 'excludeCharacters', /less than or equal to 4096/],
  ['PutResourcePolicy', { ...secret, ResourcePolicy: longer(20_480) }, 'resourcePolicy', /or equal to 20480/],
  ['UntagResource', { ...secret, TagKeys: [longer(128)] }, 'tagKeys.1.member', /less than or equal to 128/],
  ['UntagResource', secret, 'tagKeys', /Member must not be null/],
]

test.each(limits)('%s of %o: the limit of %s', async (operation, body, member, constraint) => {
  const { __type, Message } = await refusal(operation, body)
  expect(__type).toBe('ValidationException')
  expect(Message).toContain('1 validation error detected: Value ')
  expect(Message).toMatch(new RegExp(`at '[\\w.]*${member}' failed to satisfy constraint: Member must`))
  expect(Message).toMatch(constraint)
})
