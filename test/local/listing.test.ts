import type { Filter, ListSecretsCommandInput } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LocalSecretsManager, startLocalSecretsManager } from '../../local/secrets-manager/start.ts'
import { clientFor } from './support.ts'

let local: LocalSecretsManager
let client: ReturnType<typeof clientFor>

beforeAll(async () => {
  local = await startLocalSecretsManager({ functions: {} })
  client = clientFor(local)
  const secrets = [
    ['testing1/one', 'a secret', 'team', 'Red'],
    ['/testing2/two', 'an secret', 'team', 'Blue'],
    ['testing3/three', 'asecret', 'owner', 'Red'],
    ['/testing4/four', 'TheSecret', 'owner', 'Blue'],
  ]
  for (const [Name, Description, Key, Value] of secrets) {
    await client.createSecret({ Name, Description, SecretString: 'hidden', Tags: [{ Key, Value }] })
    await local.clock.advance(1000)
  }
  await client.createSecret({ Name: 'deleted', SecretString: 'hidden' })
  await client.deleteSecret({ SecretId: 'deleted' })
})
afterAll(() => local.close())

const all = ['testing1/one', '/testing2/two', 'testing3/three', '/testing4/four']

async function names(input: ListSecretsCommandInput = {}): Promise<(string | undefined)[]> {
  return (await client.listSecrets(input)).SecretList?.map(({ Name }) => Name) ?? []
}

const filtered = (Key: Filter['Key'], ...Values: string[]) => names({ Filters: [{ Key, Values }] })

describe('filters', () => {
  test('name and tags match by prefix, with their case', async () => {
    expect(await filtered('name', '/')).toEqual([all[1], all[3]])
    expect(await filtered('name', '/testing2', 'testing3')).toEqual([all[1], all[2]])
    expect(await filtered('name', 'Testing')).toEqual([])
    expect(await filtered('name', 'one')).toEqual([])
    expect(await filtered('tag-key', 'te')).toEqual([all[0], all[1]])
    expect(await filtered('tag-value', 'Re')).toEqual([all[0], all[2]])
    expect(await filtered('tag-value', 're')).toEqual([])
  })

  test('description matches the words of the value at the start of words, without their case', async () => {
    expect(await filtered('description', 'a')).toEqual(all.slice(0, 3))
    expect(await filtered('description', 'a Secret')).toEqual(all.slice(0, 2))
    expect(await filtered('description', 'the')).toEqual([all[3]])
    expect(await filtered('description', 'thesecret')).toEqual([])
  })

  test('all looks at every attribute', async () => {
    expect(await filtered('all', 'two')).toEqual([all[1]])
    expect(await filtered('all', 'OWNER')).toEqual([all[2], all[3]])
    expect(await filtered('all', 'blue team')).toEqual([])
  })

  test('all finds what it finds on AWS: words begin at marks and capitals, unless there are two kinds of marks', async () => {
    await using other = await startLocalSecretsManager({ functions: {} })
    const elsewhere = clientFor(other)
    const create = (Name: string, Description?: string, Key?: string) =>
      elsewhere.createSecret({ Name, SecretString: 'x', Description, ...(Key && { Tags: [{ Key, Value: 'v' }] }) })
    await create('SecretTwo')
    await create('Thirdsecret')
    await create('Described', 'DescTwo')
    await create('SecretFTag', undefined, 'FTag')
    await create('prod/AppBeta/one')
    await create('uat/COMPANY/one')
    await create('COMPANYthings')
    await create('my/own-secret+value')
    const found = async (value: string) => {
      const { SecretList } = await elsewhere.listSecrets({ Filters: [{ Key: 'all', Values: [value] }] })
      return SecretList?.map(({ Name }) => Name)
    }
    expect(await found('t')).toEqual(['SecretTwo', 'Thirdsecret', 'Described', 'SecretFTag'])
    expect(await found('d t')).toEqual(['Described'])
    expect(await found('Beta')).toEqual(['prod/AppBeta/one'])
    expect(await found('+')).toEqual([])
    expect(await found('company')).toEqual(['uat/COMPANY/one'])
    expect(await found('Ythings')).toEqual(['COMPANYthings'])
    expect(await found('own')).toEqual([])
    expect(await found('my/own-s')).toEqual(['my/own-secret+value'])
  })

  test('an exclamation mark turns a value round', async () => {
    expect(await filtered('name', '!/')).toEqual([all[0], all[2]])
    expect(await filtered('description', '!a')).toEqual([all[3]])
    expect(await filtered('description', '!c')).toEqual(all)
  })

  test('a secret passes all filters; none here has a primary Region or an owning service', async () => {
    const Filters: Filter[] = [
      { Key: 'name', Values: ['/'] },
      { Key: 'tag-key', Values: ['owner'] },
    ]
    expect(await names({ Filters })).toEqual([all[3]])
    expect(await filtered('primary-region', 'us')).toEqual([])
    expect(await filtered('owning-service', 'rds')).toEqual([])
    expect(await filtered('owning-service', '!rds')).toEqual(all)
  })

  test('unknown keys and impossible values are refused', async () => {
    const key = filtered('color' as 'name', 'x')
    await expect(key).rejects.toMatchObject({ name: 'ValidationException', message: expect.stringContaining('color') })
    await expect(filtered('name', 'a*')).rejects.toMatchObject({ name: 'ValidationException' })
    await expect(filtered('name')).rejects.toMatchObject({ name: 'ValidationException' })
  })
})

describe('order and pages', () => {
  test('secrets come in the order of their creation, or the other way round, or by name', async () => {
    expect(await names()).toEqual(all)
    expect(await names({ SortOrder: 'desc' })).toEqual(all.toReversed())
    expect(await names({ SortBy: 'name' })).toEqual(all.toSorted())
  })

  test('NextToken leads through all pages; a made-up one is refused', async () => {
    const first = await client.listSecrets({ MaxResults: 3 })
    expect(first.SecretList).toHaveLength(3)
    const second = await client.listSecrets({ MaxResults: 3, NextToken: first.NextToken })
    expect(second.SecretList?.map(({ Name }) => Name)).toEqual([all[3]])
    expect(second.NextToken).toBeUndefined()
    const madeUp = client.listSecrets({ NextToken: 'made-up' })
    await expect(madeUp).rejects.toMatchObject({ name: 'InvalidNextTokenException' })
    await expect(client.listSecrets({ MaxResults: 101 })).rejects.toMatchObject({ name: 'ValidationException' })
  })

  test('secrets scheduled for deletion are listed only on request', async () => {
    expect(await names({ IncludePlannedDeletion: true })).toEqual([...all, 'deleted'])
  })

  test('an entry has the labels of its versions and never a value', async () => {
    const { SecretList } = await client.listSecrets({ MaxResults: 1 })
    expect(Object.values(SecretList?.[0]?.SecretVersionsToStages ?? {})).toEqual([['AWSCURRENT']])
    expect(JSON.stringify(SecretList)).not.toContain('hidden')
  })
})

describe('GetRandomPassword', () => {
  const password = async (input: object = {}) => (await client.getRandomPassword(input)).RandomPassword ?? ''

  test('has 32 characters and each type', async () => {
    const made = await password()
    expect(made).toHaveLength(32)
    for (const type of [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/]) expect(made).toMatch(type)
    expect(made).not.toContain(' ')
  })

  test('leaves out what is excluded', async () => {
    const input = { PasswordLength: 4096, ExcludeNumbers: true, ExcludePunctuation: true, ExcludeCharacters: 'abcXYZ' }
    expect(await password(input)).toMatch(/^[d-zA-W]{4096}$/)
    expect(await password({ PasswordLength: 4096, IncludeSpace: true })).toContain(' ')
  })

  test('refuses what can’t be made', async () => {
    await expect(password({ PasswordLength: 3 })).rejects.toMatchObject({ name: 'InvalidParameterException' })
    expect(await password({ PasswordLength: 1, RequireEachIncludedType: false })).toHaveLength(1)
    await expect(password({ PasswordLength: 4097 })).rejects.toMatchObject({ name: 'ValidationException' })
    const nothing = { ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true, ExcludePunctuation: true }
    await expect(password(nothing)).rejects.toMatchObject({ name: 'InvalidParameterException' })
  })
})

describe('resource policies', () => {
  const statement = { Effect: 'Allow', Principal: '*', Action: 'secretsmanager:GetSecretValue', Resource: '*' }
  const ResourcePolicy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
  const SecretId = 'testing1/one'

  test('are kept, given back and deleted', async () => {
    await client.putResourcePolicy({ SecretId, ResourcePolicy })
    expect((await client.getResourcePolicy({ SecretId })).ResourcePolicy).toBe(ResourcePolicy)
    await client.deleteResourcePolicy({ SecretId })
    expect((await client.getResourcePolicy({ SecretId })).ResourcePolicy).toBeUndefined()
  })

  test('are refused when they are none, or public although that is blocked', async () => {
    const malformed = client.putResourcePolicy({ SecretId, ResourcePolicy: '{' })
    await expect(malformed).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException' })
    const open = client.putResourcePolicy({ SecretId, ResourcePolicy, BlockPublicPolicy: true })
    await expect(open).rejects.toMatchObject({ name: 'PublicPolicyException' })
    expect((await client.validateResourcePolicy({ ResourcePolicy })).PolicyValidationPassed).toBe(false)
  })
})
