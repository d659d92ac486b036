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

/** The cases of moto's tests that are run on AWS: secrets, a filter, and the secrets that it finds. */
describe('a filter finds what it finds on AWS', () => {
  const described = { foo: 'one two', bar: 'one and two', baz: 'one', qux: 'two', none: 'unrelated' }
  const marks = ['/', '_', '+', '=', '.', '@', '-'].map((mark) => `prod${mark}AppBeta${mark}x1`)
  const [fullUpper, partUpper, mixed] = ['uat/COMPANY/x1', 'uat/COMPANYthings/x1', 'prod-AppBeta/x1']
  let others: LocalSecretsManager
  let found: (Key: Filter['Key'], ...values: string[]) => Promise<(string | undefined)[]>

  beforeAll(async () => {
    others = await startLocalSecretsManager({ functions: {} })
    const there = clientFor(others)
    const SecretString = 'x'
    await there.createSecret({ Name: 'SecretOne', SecretString })
    await there.createSecret({ Name: 'SecretTwo', SecretString, Description: 'DescTwo' })
    await there.createSecret({ Name: 'Thirdsecret', SecretString })
    await there.createSecret({ Name: 'SecretFTag', SecretString, Tags: [{ Key: '1', Value: 'foo' }] })
    await there.createSecret({ Name: 'SecretFValue', SecretString, Tags: [{ Key: 'foo', Value: 'v' }] })
    for (const Name of [...marks, fullUpper, partUpper, mixed]) await there.createSecret({ Name, SecretString })
    for (const [Name, Description] of Object.entries(described)) await there.createSecret({ Name, Description })
    found = async (Key, ...Values) => {
      const { SecretList } = await there.listSecrets({ Filters: [{ Key, Values }], MaxResults: 100 })
      return SecretList?.map(({ Name }) => Name) ?? []
    }
  })
  afterAll(() => others.close())

  const tagged = ['SecretFTag', 'SecretFValue']
  const secrets = ['SecretOne', 'SecretTwo', ...tagged]
  test.each<[Filter['Key'], string[], string[]]>([
    ['all', ['SecretOne'], ['SecretOne']],
    ['all', ['foo'], [...tagged, 'foo']],
    ['all', ['Secret'], secrets],
    ['all', ['secret'], secrets],
    ['all', ['sec'], secrets],
    ['all', ['ret'], []],
    ['all', ['SomeSecret'], []],
    ['all', ['d'], ['SecretTwo']],
    ['all', ['d t'], ['SecretTwo']],
    ['all', ['t'], ['SecretTwo', 'Thirdsecret', 'SecretFTag', 'foo', 'bar', 'qux']],
    ['all', ['AppBeta'], marks],
    ['all', ['Beta'], marks],
    ['all', ['AppBeta', 'prod'], [...marks, mixed]],
    ['all', ['+'], []],
    ['all', ['x1'], [...marks, fullUpper, partUpper]],
    ['all', ['company'], [fullUpper]],
    ['all', ['things'], []],
    ['all', ['Ythings'], [partUpper]],
    ['all', ['pany'], []],
    // Only replicas and their primaries have a Region among their attributes.
    ['all', ['us'], []],
    // Two kinds of marks: one word, which is found from its beginning.
    ['all', ['prod-AppBeta/x'], [mixed]],
    ['description', ['one two'], ['foo', 'bar']],
    ['description', ['o t'], ['foo', 'bar']],
    ['description', ['t'], ['SecretTwo', 'foo', 'bar', 'qux']],
  ])('%s of %j', async (key, values, expected) => {
    expect(await found(key, ...values)).toEqual(expected)
  })

  test('a single letter of a word in capitals finds nothing in all', async () => {
    expect((await found('all', 'N')).filter((name) => name !== 'none')).toEqual([])
  })

  test('two filters of one key find what passes both', async () => {
    const Filters: Filter[] = ['one', 'two'].map((word) => ({ Key: 'description', Values: [word] }))
    const { SecretList } = await clientFor(others).listSecrets({ Filters })
    expect(SecretList?.map(({ Name }) => Name)).toEqual(['foo', 'bar'])
  })
})

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
    const half = (filter: object) => names({ Filters: [filter as Filter] })
    const invalid = (message: string) => ({ name: 'InvalidParameterException', message })
    await expect(half({ Values: ['x'] })).rejects.toMatchObject(invalid('Invalid filter key'))
    await expect(half({ Key: 'name' })).rejects.toMatchObject(invalid('Invalid filter values for key: name'))
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

  test('of four characters has the four types, with a space included too, which is none of them', async () => {
    for (const IncludeSpace of [false, true]) {
      const made = await password({ PasswordLength: 4, IncludeSpace })
      for (const type of [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9 ]/]) expect(made).toMatch(type)
    }
    const nothing = { ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true, ExcludePunctuation: true }
    expect(await password({ PasswordLength: 3, IncludeSpace: true, ...nothing })).toBe('   ')
  })

  test('refuses what can’t be made', async () => {
    const short = {
      name: 'InvalidParameterException',
      message: 'Password length is too short based on the required types.',
    }
    await expect(password({ PasswordLength: 3 })).rejects.toMatchObject(short)
    await expect(password({ PasswordLength: 3, IncludeSpace: true })).rejects.toMatchObject(short)
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
    const invalid = { name: 'MalformedPolicyDocumentException', message: 'This policy has invalid syntax.' }
    await expect(malformed).rejects.toMatchObject(invalid)
    await expect(client.validateResourcePolicy({ ResourcePolicy: 'null' })).rejects.toMatchObject(invalid)
    const version = ResourcePolicy.replace('2012-10-17', '2019-10-19')
    await expect(client.putResourcePolicy({ SecretId, ResourcePolicy: version })).rejects.toMatchObject(invalid)
    const open = client.putResourcePolicy({ SecretId, ResourcePolicy, BlockPublicPolicy: true })
    await expect(open).rejects.toMatchObject({ name: 'PublicPolicyException' })
    expect((await client.validateResourcePolicy({ ResourcePolicy })).PolicyValidationPassed).toBe(false)
  })
})
