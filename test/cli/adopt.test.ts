import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LocalSecretsManager, startLocalSecretsManager } from '../../local/secrets-manager/start.ts'
import { clientFor } from '../local/support.ts'
import { repositoryPath } from '../support/function-under-test.ts'
import { keyturn } from './keyturn.ts'

const generatedValue = repositoryPath('functions/generated-value/generated-value.ts')
let local: LocalSecretsManager
let client: ReturnType<typeof clientFor>

beforeAll(async () => {
  local = await startLocalSecretsManager({
    functions: {
      before: generatedValue,
      'keyturn-GeneratedValue': generatedValue,
      'keyturn-PostgresSingleUser': repositoryPath('functions/postgres/single-user.ts'),
    },
    retryDelaysMs: [],
  })
  client = clientFor(local)
})
afterAll(() => local.close())

/** A secret that another function rotates. */
async function secret(Name: string) {
  await client.createSecret({ Name, SecretString: 'hunter2-hunter2' })
  const RotationLambdaARN = local.functions.before
  await client.rotateSecret({ SecretId: Name, RotationLambdaARN, RotationRules: { AutomaticallyAfterDays: 7 } })
  await local.settled()
  return Name
}
async function stateOf(SecretId: string) {
  await local.settled()
  const {
    RotationLambdaARN = '',
    RotationRules,
    Tags = [],
    VersionIdsToStages,
  } = await client.describeSecret({ SecretId })
  const labels = Object.values(VersionIdsToStages ?? {})
    .flat()
    .sort()
  return { by: RotationLambdaARN.replace(/^.*:/, ''), days: RotationRules?.AutomaticallyAfterDays, tags: Tags, labels }
}
const value = async (SecretId: string) => (await client.getSecretValue({ SecretId })).SecretString
const adopt = (...args: readonly string[]) => keyturn(['adopt', ...args], local)
const labels = ['AWSCURRENT', 'AWSPREVIOUS']

describe('keyturn adopt', () => {
  it('--apply switches by a test alone, keeps value and schedule, and --back goes back', async () => {
    const name = await secret('app')
    const before = await value(name)
    const { code, stdout } = await adopt(name, '--apply', '--to', 'keyturn-GeneratedValue', '--yes')
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('app is switched.') })
    expect(await stateOf(name)).toMatchObject({ by: 'keyturn-GeneratedValue', days: 7, labels })
    expect(await value(name)).toBe(before)
    expect((await adopt(name, '--back', '--yes')).code).toBe(0)
    expect(await stateOf(name)).toEqual({ by: 'before', days: 7, tags: [], labels })
    expect(await value(name)).toBe(before)
  })

  it('puts the function before back where the test fails, and says why', async () => {
    const name = await secret('not-a-database')
    const { code, stdout } = await adopt(name, '--apply', '--to', 'keyturn-PostgresSingleUser', '--yes')
    expect(code).toBe(1)
    expect(stdout).toMatch(/testSecret +failed .*InvalidSecret/)
    expect(stdout).toMatch(
      /not-a-database is not switched\. Its test has failed.*The former function is put back: arn:.*:before\./s,
    )
    expect(await stateOf(name)).toEqual({ by: 'before', days: 7, tags: [], labels })
  })

  it('does nothing without a yes, with a function it cannot use, or in the middle of a rotation', async () => {
    const name = await secret('careful')
    expect((await adopt(name, '--apply')).code).toBe(2)
    expect((await adopt(name, '--apply', '--back', '--to', 'x')).code).toBe(2)
    expect((await adopt(name, '--apply', '--to', 'nowhere', '--yes')).stderr).toContain('There is no function nowhere')
    expect((await adopt(name, '--apply', '--to', 'keyturn-GeneratedValue')).stderr).toContain('Nothing was done.')
    await client.cancelRotateSecret({ SecretId: name })
    const { code, stdout } = await adopt(name, '--apply', '--to', 'keyturn-GeneratedValue', '--yes')
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('Its rotation is off') })
    expect((await stateOf(name)).by).toBe('before')
  })
})
