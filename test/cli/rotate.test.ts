import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { discoverFunctions } from '../../local/functions.ts'
import type { Call, Fault } from '../../local/secrets-manager/service/calls.ts'
import { type LocalSecretsManager, startLocalSecretsManager } from '../../local/secrets-manager/start.ts'
import { databaseFunction } from '../functions/databases/database-type.ts'
import { singleUser } from '../functions/postgres/secret-types.ts'
import { clientFor } from '../local/support.ts'
import { lambdaSettings } from '../support/function-under-test.ts'
import { postgresServer } from '../support/postgres.ts'
import { commandLine, keyturn, shellFor, startKeyturn } from './keyturn.ts'

const server = await postgresServer(18)
const { GeneratedValue = '' } = await discoverFunctions()
let local: LocalSecretsManager
let client: ReturnType<typeof clientFor>
/** What happens to a call of a function. */
let fault: (call: Call) => Fault | undefined = () => undefined

beforeAll(async () => {
  const functions = {
    GeneratedValue,
    PostgresSingleUser: lambdaSettings(databaseFunction('postgres/single-user', server)),
  }
  local = await startLocalSecretsManager({ functions, retryDelaysMs: [200], intercept: (call) => fault(call) })
  client = clientFor(local)
})
afterAll(() => local.close())

let count = 0
/** A secret that a function rotates. */
async function configured(SecretString = '{"password":"hunter2-hunter2"}', id = 'GeneratedValue'): Promise<string> {
  const Name = `app/${count++}`
  await client.createSecret({ Name, SecretString })
  const rules = { RotationLambdaARN: local.functions[id], RotationRules: { AutomaticallyAfterDays: 30 } }
  await client.rotateSecret({ SecretId: Name, ...rules, RotateImmediately: false })
  await local.settled()
  return Name
}
const rotate = (...args: readonly string[]) => keyturn(['rotate', ...args], local)
const denied = { error: { type: 'AccessDeniedException', message: 'no more' } }
const slow = (operation: string) => (call: Call) =>
  call.operation === operation && call.caller === 'GeneratedValue' ? { delayMs: 700 } : undefined

describe('keyturn rotate', { meta: { server: server.label } }, () => {
  it('shows each step with what was done, and ends with 0 when AWSCURRENT has moved', async () => {
    const name = await configured()
    local.calls.clear()
    const { code, stdout } = await rotate(name)
    expect(stdout).toMatch(/^A rotation has begun: version \S+ of app\/\d+\.$/m)
    for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'])
      expect(stdout).toMatch(new RegExp(`^\\d\\d:\\d\\d:\\d\\d  ${step} +ok +\\d+ ms$`, 'm'))
    expect(stdout).toContain('stored a new value as AWSPENDING')
    expect(stdout).toMatch(/^Rotated after [\d.]+ s: version \S+ is AWSCURRENT\.$/m)
    expect(stdout).not.toContain('\u001b')
    expect(code).toBe(0)
    const { SecretString } = await client.getSecretValue({ SecretId: name })
    expect(SecretString).not.toContain('hunter2')
    const made = new Set(local.calls.by('operator').map(({ operation }) => operation))
    expect([...made].sort()).toEqual(['DescribeSecret', 'FilterLogEvents', 'GetFunctionConfiguration', 'RotateSecret'])
  })

  it('names a wrong password with its remedy, and ends with 1', async () => {
    const { value } = await singleUser(server).fresh({ store: async () => '' } as never)
    const name = await configured(
      JSON.stringify({ ...JSON.parse(value), password: 'hunter3-hunter3' }),
      'PostgresSingleUser',
    )
    const { code, stdout, stderr } = await rotate(name)
    expect(stdout).toMatch(/^\d\d:\d\d:\d\d {2}setSecret +failed +\d+ ms {2}LoginRefused$/m)
    expect(stdout).toMatch(/ {10}.+ refuses .+ Likely cause: .+ What to do: /)
    expect(stdout).toContain('setSecret failed: LoginRefused. Trying again does not help before that is mended.')
    expect(stdout + stderr).not.toContain('hunter3')
    expect(code).toBe(1)
  })

  it('--json has a line for each fact, and the end last', async () => {
    const name = await configured()
    const { code, json } = await rotate(name, '--json')
    const events = json()
    expect(events[0]).toMatchObject({ event: 'started', secret: name, kind: 'rotation', again: false })
    const steps = events.filter(({ event }) => event === 'step')
    expect(steps.map(({ step, ok }) => `${step} ${ok}`)).toEqual([
      'createSecret true',
      'setSecret true',
      'testSecret true',
      'finishSecret true',
    ])
    expect(events.at(-1)).toMatchObject({ event: 'ended', outcome: 'rotated', version: events[0].version })
    expect(code).toBe(0)
  })

  it('--test runs testSecret alone, and changes nothing', async () => {
    const name = await configured()
    const before = await client.getSecretValue({ SecretId: name })
    const { code, stdout } = await rotate(name, '--test')
    expect(stdout.match(/\b\w+Secret\b/g)).toEqual(['testSecret'])
    expect(stdout).toContain('Tested: the value in use works, and nothing was changed.')
    expect(code).toBe(0)
    expect((await client.getSecretValue({ SecretId: name })).VersionId).toBe(before.VersionId)
  })

  it('--no-watch starts the rotation and ends at once', async () => {
    const name = await configured()
    const { code, lines } = await rotate(name, '--no-watch')
    expect(lines).toEqual([expect.stringMatching(/^A rotation has begun: version \S+ of /)])
    expect(code).toBe(0)
    await local.settled()
  })

  it('Ctrl-C ends the watching with 130, says that the rotation goes on, and it does', async () => {
    const name = await configured()
    fault = slow('PutSecretValue')
    const { child, output, exit } = startKeyturn(['rotate', name], local)
    await expect.poll(() => output.stdout, { timeout: 5_000 }).toContain('labels: AWSPENDING')
    child.kill('SIGINT')
    expect(await exit).toBe(130)
    expect(output.stdout).toContain(`Stopped watching. The rotation of ${name} goes on.`)
    await local.settled()
    fault = () => undefined
    expect((await client.getSecretValue({ SecretId: name })).SecretString).not.toContain('hunter2')
  })

  it('after --timeout says that the rotation is not over, and ends with 1; the next call takes it up again', async () => {
    const name = await configured()
    fault = (call) =>
      call.caller === 'GeneratedValue' ? { error: { type: 'InternalServiceError', status: 500 } } : undefined
    const { code, stdout } = await rotate(name, '--timeout', '1')
    expect(stdout).toContain('It is not over yet.')
    expect(code).toBe(1)
    await local.settled()
    fault = () => undefined
    const again = await rotate(name)
    expect(again.stdout).toContain('An earlier rotation is taken up again')
    expect(again.stdout).toContain('Rotated after')
    expect(again.code).toBe(0)
  })

  it.each([
    ['a test', ['--test'], /^An earlier rotation is taken up again.*Tested: the value in use works[^\n]*\n$/s],
    ['a rotation', [], /Tested: .*A rotation has begun.*Rotated after/s],
  ])('knows the test with which rotation was just turned on from a rotation, before %s', async (_, args, shown) => {
    const Name = `app/${count++}`
    await client.createSecret({ Name, SecretString: '{"password":"hunter2-hunter2"}' })
    fault = slow('DescribeSecret')
    const rules = { RotationLambdaARN: local.functions.GeneratedValue, RotationRules: { AutomaticallyAfterDays: 30 } }
    await client.rotateSecret({ SecretId: Name, ...rules, RotateImmediately: false })
    const { code, stdout } = await rotate(Name, ...args)
    fault = () => undefined
    expect(stdout).toMatch(shown)
    expect(code).toBe(0)
    await local.settled()
  })

  it('distinguishes a value that is stored by hand meanwhile from a failure', async () => {
    const name = await configured()
    fault = slow('DescribeSecret')
    const { output, exit } = startKeyturn(['rotate', name], local)
    await expect.poll(() => output.stdout, { timeout: 5_000 }).toContain('labels: AWSPENDING')
    await client.putSecretValue({ SecretId: name, SecretString: '{"password":"by-hand-by-hand"}' })
    expect(await exit).toBe(1)
    fault = () => undefined
    expect(output.stdout).toContain('Abandoned: version')
    await local.settled()
  })

  it('says that the rotation goes on where AWS stops answering, and ends with 3', async () => {
    const name = await configured()
    const { output, exit } = startKeyturn(['rotate', name], local)
    fault = (call) =>
      slow('PutSecretValue')(call) ??
      (call.caller === 'operator' && output.stdout.includes('AWSPENDING') ? denied : undefined)
    expect(await exit).toBe(3)
    fault = () => undefined
    expect(output.stderr).toContain(`The rotation of ${name} goes on all the same.`)
    await local.settled()
  })

  it('a refusal of AWS is shown in its own sentence, with exit code 1', async () => {
    await client.createSecret({ Name: 'app/without', SecretString: 'x' })
    const none = await rotate('app/without')
    expect(none).toMatchObject({ code: 1, stdout: '' })
    expect(none.stderr).toContain('No Lambda rotation function ARN is associated with this secret.')
    expect(await rotate('app/gone')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no secret app/gone'),
    })
    expect(await rotate('a', 'b')).toMatchObject({ code: 2, stderr: expect.stringContaining('Give the name') })
    expect(await rotate('a', '--timeout', 'soon')).toMatchObject({ code: 2 })
  })

  it('says that a rotation which was off is turned on again', async () => {
    const name = await configured()
    await client.cancelRotateSecret({ SecretId: name })
    const { code, stderr } = await rotate(name, '--no-watch')
    expect(stderr).toBe(`Rotation of ${name} was off: this turns it on again.\n`)
    expect(code).toBe(0)
    await local.settled()
  })

  it('has colours and a line of progress in a terminal, and none with NO_COLOR', async () => {
    const inTerminal = async (env: Record<string, string>) => {
      const pty = fileURLToPath(new URL('terminal.py', import.meta.url))
      const command = [process.execPath, ...commandLine(['rotate', await configured()])]
      return promisify(execFile)('python3', [pty, ...command], {
        env: shellFor({ ...local, env: { TERM: 'xterm', ...env } }),
      })
    }
    fault = slow('PutSecretValue')
    const [coloured, plain] = await Promise.all([inTerminal({}), inTerminal({ NO_COLOR: '1' })])
    fault = () => undefined
    expect(coloured.stdout).toContain('\u001b[32mRotated after')
    expect(coloured.stdout).toContain('Ctrl-C stops watching')
    expect(plain.stdout).toContain('Rotated after')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are
    expect(plain.stdout).not.toMatch(/\u001b\[\d+m/)
  })
})
