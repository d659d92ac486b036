import { randomUUID } from 'node:crypto'
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, describe, expect, it } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import { type StoredTarget, suiteFor } from '../../contract/suite.ts'
import { codeOf } from '../../support/outcome.ts'
import { postgresServer, quoted } from '../../support/postgres.ts'
import { randomPassword } from '../../support/random.ts'
import { loginIn } from '../databases/secret-string.ts'
import { literal } from './roles.ts'
import { singleUser } from './secret-types.ts'

const server = await postgresServer(18)
const suite = await suiteFor(singleUser(server))
const { secrets, stored, type } = suite

async function setPassword(value: string) {
  const { username, password } = loginIn(value)
  await server.query(`ALTER ROLE ${quoted(username)} PASSWORD ${await literal(server, password)}`)
}

async function put(target: StoredTarget, fields: Record<string, unknown>): Promise<string> {
  const SecretString = JSON.stringify({ ...JSON.parse(target.value), ...fields })
  const input = { SecretId: target.secretId, SecretString, ClientRequestToken: randomUUID() }
  await secrets.client.send(new PutSecretValueCommand(input))
  return SecretString
}

/** That setSecret is refused with AWSCURRENT and AWSPENDING, and tries no further version. */
async function expectTwoRefusals(target: StoredTarget): Promise<void> {
  const rotation = await secrets.begin(target.secretId)
  await rotation.run('createSecret')
  const watch = await type.watchLogins(target)
  const outcome = await rotation.attempt('setSecret')
  expect(codeOf(outcome)).toBe('LoginRefused')
  expect(await watch.stop()).toEqual({ accepted: 0, refused: 2 })
}

describe('postgres single-user: which version logs in', { meta: { server: server.label } }, () => {
  afterAll(() => secrets[Symbol.asyncDispose]())

  it('AWSPENDING that works already is left as it is: no statement is sent', async () => {
    const target = await stored()
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret')
    await setPassword(await target.stagedValue('AWSPENDING'))
    const [before, start] = [await target.snapshot(), (await server.log()).length]
    await rotation.run('setSecret')
    expect(await target.snapshot()).toEqual(before)
    expect(await server.log(start)).not.toContain(`ALTER ROLE ${quoted(loginIn(target.value).username)}`)
    await rotation.run('testSecret', 'finishSecret')
    await target.expectPromoted(rotation, target.value)
  })

  it('AWSPREVIOUS logs in where AWSCURRENT and AWSPENDING are refused, and the rotation ends', async () => {
    const target = await stored()
    const wrong = await put(target, { password: randomPassword() })
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret')
    const watch = await type.watchLogins(target)
    await rotation.run('setSecret')
    expect(await watch.stop()).toEqual({ accepted: 1, refused: 2 })
    await rotation.run('testSecret', 'finishSecret')
    await target.expectPromoted(rotation, wrong)
    expect(await target.works(target.value)).toBe(false)
  })

  for (const [what, fields] of [
    ['another host', { host: '127.0.0.1' }],
    ['another port', { port: 1 }],
    ['another user', { username: 'somebody_else' }],
    ['a connection in clear text', { ssl: false }],
  ] as const) {
    it(`AWSPREVIOUS of ${what} is not tried`, async () => {
      const target = await stored()
      // The password that works becomes AWSPREVIOUS, but together with something that is not this login's.
      await put(target, fields)
      await put(target, { password: randomPassword() })
      await expectTwoRefusals(target)
      expect(await target.works(target.value)).toBe(true)
    })
  }

  it('AWSPREVIOUS with TLS is not sent in clear text because AWSCURRENT says so', async () => {
    const target = await stored()
    await put(target, { ssl: false, password: randomPassword() })
    await expectTwoRefusals(target)
  })

  it('AWSPREVIOUS that cannot be read as a login does not stop a rotation that can do without it', async () => {
    const target = await stored()
    const SecretString = 'not JSON'
    const command = (text: string) =>
      new PutSecretValueCommand({
        SecretId: target.secretId,
        SecretString: text,
        ClientRequestToken: randomUUID(),
      })
    await secrets.client.send(command(SecretString))
    await secrets.client.send(command(target.value))
    await secrets.rotate(target.secretId)
    expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
  })

  it('an unreachable server is not a refusal: no other version is tried', async () => {
    const target = await stored((store) => type.withFields(store, { host: '"db.keyturn.invalid"' }))
    const error = await expectFailure(suite, target, { code: 'Unreachable', step: 'setSecret' })
    expect(error.errorMessage).not.toContain('AWSPENDING')
    const lines = secrets.output().split('\n')
    const line = lines.findLast((text) => text.includes('step failed') && text.includes(target.secretId)) ?? '{}'
    expect(JSON.parse(line)).toMatchObject({ step: 'setSecret', code: 'Unreachable', done: [] })
  })

  it('a role that may only read by default gets its new password', async () => {
    const target = await stored()
    const { username } = loginIn(target.value)
    await server.query(`ALTER ROLE ${quoted(username)} SET default_transaction_read_only = on`)
    await secrets.rotate(target.secretId)
    expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
  })

  it('a login whose sessions run as another role changes its own password, not that of the other', async () => {
    const [target, base] = [await stored(), await stored()]
    const [clone, owner] = [loginIn(target.value).username, loginIn(base.value).username]
    await server.query(`GRANT ${quoted(owner)} TO ${quoted(clone)}`)
    await server.query(`ALTER ROLE ${quoted(clone)} SET role = ${await literal(server, owner)}`)
    const before = await base.snapshot()
    await secrets.rotate(target.secretId)
    expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
    expect(await target.works(target.value)).toBe(false)
    expect(await base.snapshot()).toEqual(before)
  })

  it('leaves no secret value in any output', async () => {
    await suite.expectNoLeak(await server.log())
  })
})
