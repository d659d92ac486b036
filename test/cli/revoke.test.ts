import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { discoverFunctions } from '../../local/functions.ts'
import { type LocalSecretsManager, startLocalSecretsManager } from '../../local/secrets-manager/start.ts'
import { deployed as apiKeys } from '../functions/api-key/deployed.ts'
import { databaseFunction } from '../functions/databases/database-type.ts'
import { singleUser } from '../functions/postgres/secret-types.ts'
import { clientFor } from '../local/support.ts'
import { lambdaSettings } from '../support/function-under-test.ts'
import { postgresServer } from '../support/postgres.ts'
import type { SecretsManager } from '../support/secrets-manager.ts'
import { commandLine, keyturn, shellFor } from './keyturn.ts'

const server = await postgresServer(18)
const { GeneratedValue = '' } = await discoverFunctions()
const [apiKey] = apiKeys
if (apiKey === undefined) throw new Error('There is no kind of API keys.')
const postgres = singleUser(server)
let local: LocalSecretsManager
let client: ReturnType<typeof clientFor>
let keys: Awaited<ReturnType<(typeof apiKeys)[number]['fresh']>>

beforeAll(async () => {
  // The function's variables name the administrator's secret, which this Secrets Manager is to hold.
  const admin: { value?: string } = {}
  const arn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:admin'
  const store = async (value: string) => {
    admin.value = value
    return arn
  }
  keys = await apiKey.fresh({ store } as SecretsManager)
  const functions = {
    GeneratedValue,
    PostgresSingleUser: lambdaSettings(databaseFunction('postgres/single-user', server)),
    ApiKey: lambdaSettings({ ...apiKey.function, env: { ...apiKey.function.env, ...keys.env } }),
  }
  local = await startLocalSecretsManager({ functions, retryDelaysMs: [] })
  client = clientFor(local)
  await client.createSecret({ Name: 'admin', SecretString: admin.value ?? '' })
})
afterAll(() => local.close())

async function configured(Name: string, SecretString: string, id: string): Promise<string> {
  await client.createSecret({ Name, SecretString })
  const rules = { RotationLambdaARN: local.functions[id], RotationRules: { AutomaticallyAfterDays: 30 } }
  await client.rotateSecret({ SecretId: Name, ...rules })
  await local.settled()
  return (await client.getSecretValue({ SecretId: Name })).SecretString ?? ''
}
const revoke = (...args: readonly string[]) => keyturn(['revoke', ...args], local)

describe('keyturn revoke', { meta: { server: server.label } }, () => {
  it('rotates an API key twice, proves by its provider that the old one is dead, and ends with 0', async () => {
    const leaked = await configured('keys', keys.value, 'ApiKey')
    expect(await keys.works(leaked)).toBe(true)
    const { code, stdout, stderr } = await revoke('keys', '--yes')
    expect(stderr).toContain('works until the second rotation')
    expect(stdout.match(/^Rotated after/gm)).toHaveLength(2)
    expect(stdout).toMatch(/^The old value is dead: .+ does not know the key/m)
    expect(await keys.works(leaked)).toBe(false)
    expect(code).toBe(0)
  })

  it('rotates the password of a single user once, proves it dead, and names the open sessions with what ends them', async () => {
    const target = await postgres.fresh({ store: async () => '' } as never)
    const leaked = await configured('db', target.value, 'PostgresSingleUser')
    await using session = await postgres.openSession(leaked)
    const { code, stdout } = await revoke('db', '--yes')
    expect(stdout.match(/^Rotated after/gm)).toHaveLength(1)
    expect(stdout).toMatch(/^The old value is dead: .+ refused the login of /m)
    expect(await target.works(leaked)).toBe(false)
    expect(code).toBe(1)
    // The printed statement is run, and then the session is dead, too.
    await session.use()
    const [, statement = ''] = /^Left to do: .+ To end them: (SELECT .+;)$/m.exec(stdout) ?? []
    await server.query(statement)
    await expect(session.use()).rejects.toThrow()
    await expect(session[Symbol.asyncDispose]()).resolves.toBeUndefined()
  })

  it('says that the end of a value which only people use cannot be proved, and ends with 1', async () => {
    await configured('value', '{"password":"hunter2-hunter2"}', 'GeneratedValue')
    const { code, stdout } = await revoke('value', '--yes', '--json')
    const end = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
    expect(end).toMatchObject({
      event: 'revoked',
      value: 'unknown',
      left: [],
      says: expect.stringContaining('It can be read'),
    })
    expect(code).toBe(1)
  })

  it('says that the old value may still work where a rotation fails, and ends with 1', async () => {
    await configured('odd', '[]', 'GeneratedValue')
    const { code, stdout, stderr } = await revoke('odd', '--yes')
    expect(stdout).toContain('createSecret failed: InvalidSecret.')
    expect(stdout).not.toContain('The old value')
    expect(stderr).toContain('The old value of odd may still work.')
    expect(code).toBe(1)
  })

  it('does nothing without a yes: in a pipe, and in a terminal after any other answer', async () => {
    const before = await configured('asked', '{"password":"hunter2-hunter2"}', 'GeneratedValue')
    const piped = await revoke('asked')
    expect(piped).toMatchObject({ code: 2, stderr: expect.stringContaining('Nothing was done.') })
    const command = [process.execPath, ...commandLine(['revoke', 'asked'])]
    const asking = promisify(execFile)('python3', ['test/cli/terminal.py', ...command], { env: shellFor(local) })
    asking.child.stdin?.end('n\n')
    await expect(asking).rejects.toMatchObject({
      code: 2,
      stdout: expect.stringContaining('Rotate asked twice now? [y/N]'),
    })
    expect((await client.getSecretValue({ SecretId: 'asked' })).SecretString).toBe(before)
  })
})
