import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, describe, expect, it } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { codeOf, saidBy } from '../../support/outcome.ts'
import { postgresServer } from '../../support/postgres.ts'
import { randomPassword } from '../../support/random.ts'
import { cloneOf } from '../databases/target.ts'
import { createMaster } from './roles.ts'
import { alternatingUsers, secretString } from './secret-types.ts'

const server = await postgresServer(18)
const suite = await suiteFor(alternatingUsers(server, 'missing'))
const { secrets, type } = suite

/** A stored secret with another value of the superuser's secret, or with another masterarn. */
async function stored(superuser: (right: string) => string | undefined, masterarn?: string) {
  const made = await type.make(secrets)
  const right = secretString({ port: server.port }, await createMaster(server, made.base))
  const value = superuser(right)
  const arn = masterarn ?? (value === undefined ? undefined : await secrets.store(value))
  const { masterarn: _, ...fields } = JSON.parse(made.value) as Record<string, unknown>
  const text = JSON.stringify({ ...fields, ...(arn === undefined ? {} : { masterarn: arn }) })
  const target = await suite.stored(async () => ({
    ...made,
    value: text,
    // Only what masterarn says differs from what the target has been made with.
    works: async (current) => (await server.login(JSON.parse(current))) !== undefined,
  }))
  return { ...target, arn, base: made.base }
}
const withFields = (fields: object) => (right: string) => JSON.stringify({ ...JSON.parse(right), ...fields })

describe("alternating-users: the superuser's secret", { meta: { server: server.label } }, () => {
  afterAll(() => secrets[Symbol.asyncDispose]())

  it('without masterarn the rotation ends in createSecret, in the words of AWS', async () => {
    const target = await stored(() => undefined)
    const error = await expectFailure(suite, target, { code: 'InvalidSecret', step: 'createSecret' })
    expect(error.errorMessage).toContain('masterarn key is missing from secret JSON.')
  })

  for (const fields of [{ ssl: false }, { tlsServerName: 'db.internal' }]) {
    const what = JSON.stringify(fields)
    it(`with ${what} alone is SuperuserMismatch: one proof of who the server is counts for both`, async () => {
      const target = await stored(withFields(fields))
      const watch = await type.watchLogins(target)
      await expectFailure(suite, target, { code: 'SuperuserMismatch', step: 'setSecret' })
      expect((await watch.stop()).refused).toBe(0)
      expect(await server.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [cloneOf(target.base)])).toEqual([])
    })
  }

  it('AWSPREVIOUS proves whose secret it is, where the login of AWSCURRENT has lost its password', async () => {
    const target = await stored((right) => right)
    await secrets.rotate(target.secretId)
    const lost = await target.stagedValue('AWSCURRENT')
    await type.changeByHand(lost)
    const rotation = await secrets.begin(target.secretId)
    const watch = await type.watchLogins(target)
    await rotation.run('createSecret', 'setSecret')
    expect(await watch.stop()).toMatchObject({ refused: 2 })
    await rotation.run('setSecret', 'testSecret', 'finishSecret')
    expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
    expect(secrets.output()).toContain('logged in as AWSPREVIOUS')
  })

  it('is not used where no version logs in, and the error names them', async () => {
    const target = await stored((right) => right)
    const { client } = secrets
    const wrong = { username: cloneOf(target.base), password: randomPassword() }
    const SecretString = JSON.stringify({ ...JSON.parse(target.value), ...wrong })
    await client.send(new PutSecretValueCommand({ SecretId: target.secretId, SecretString }))
    await type.changeByHand(target.value)
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret')
    const outcome = await rotation.attempt('setSecret')
    expect(saidBy(outcome)).toContain(
      `refuses ${wrong.username} with AWSCURRENT, ${target.base.username} with AWSPENDING, ${target.base.username} with AWSPREVIOUS.`,
    )
  })

  it('whose own login is rotated with two users, too, can be rotated again after it made a clone', async () => {
    const made = await type.make(secrets)
    const own = await createMaster(server, made.base)
    const master = await server.superuser
    const arn = await secrets.store(secretString({ port: server.port }, { ...master, database: 'postgres' }))
    const ownArn = await secrets.store(secretString({ port: server.port }, own, { masterarn: JSON.stringify(arn) }))
    const value = JSON.stringify({ ...JSON.parse(made.value), masterarn: ownArn })
    const secretId = await secrets.store(value)
    // The clone of the application's login is made by the clone of the administrator's.
    await secrets.rotate(ownArn)
    await secrets.rotate(secretId)
    await secrets.rotate(ownArn)
    await secrets.rotate(secretId)
    await secrets.rotate(ownArn)
  })

  it('that does not exist is SecretNotFound, and named', async () => {
    const arn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:nowhere-AbCdEf'
    const target = await stored(() => undefined, arn)
    const error = await expectFailure(suite, target, { code: 'SecretNotFound', step: 'setSecret' })
    expect(error.errorMessage).toContain(arn)
  })

  for (const [what, fields] of [
    ['host', { host: 'elsewhere.example' }],
    ['port', { port: 1 }],
    ['port, by leaving it out', { port: undefined }],
  ] as const) {
    it(`of another ${what} is SuperuserMismatch, and its password is sent nowhere`, async () => {
      const target = await stored(withFields(fields))
      const watch = await type.watchLogins(target)
      const rotation = await secrets.begin(target.secretId)
      await rotation.run('createSecret')
      const outcome = await rotation.attempt('setSecret')
      expect(codeOf(outcome)).toBe('SuperuserMismatch')
      expect(await watch.stop()).toEqual({ accepted: 1, refused: 0 })
      expect(await server.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [cloneOf(target.base)])).toEqual([])
    })
  }

  it('of the same host in capitals, and of another database, is accepted', async () => {
    const target = await stored(withFields({ host: 'LOCALHOST', dbname: 'template1', engine: undefined }))
    await secrets.rotate(target.secretId)
  })

  it('whose password is wrong is LoginRefused, and the superuser is named, not the user', async () => {
    const password = randomPassword()
    const target = await stored(withFields({ password }))
    const error = await expectFailure(suite, target, { code: 'LoginRefused', step: 'setSecret' })
    expect(error.errorMessage).toContain('with the superuser secret.')
    expect(error.errorMessage).not.toContain(password)
    expect(secrets.output()).not.toContain(password)
  })

  for (const [what, superuser, sentence] of [
    ['no JSON', () => `${randomPassword()} not JSON`, 'The value of the secret is not JSON.'],
    ['a list', () => '["a"]', 'not an object'],
    ['without a user', withFields({ username: undefined }), 'username key is missing from secret JSON.'],
    ['of another engine', withFields({ engine: 'mysql' }), "The secret says 'mysql'."],
  ] as const) {
    it(`that is ${what} is InvalidSecret, and the error names the secret`, async () => {
      const target = await stored(superuser)
      const error = await expectFailure(suite, target, { code: 'InvalidSecret', step: 'setSecret' })
      expect(error.errorMessage).toContain(`Superuser secret ${target.arn}: `)
      expect(error.errorMessage).toContain(sentence)
    })
  }

  it('is not used for a login that does not work: the secret could name any user', async () => {
    const target = await stored((right) => right)
    await type.changeByHand(target.value)
    const watch = await type.watchLogins({ logins: [...target.logins] })
    await expectFailure(suite, target, { code: 'LoginRefused', step: 'setSecret', stillWorks: false })
    expect((await watch.stop()).accepted).toBe(0)
    expect(await server.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [cloneOf(target.base)])).toEqual([])
  })

  it('leaves no secret value in any output', async () => {
    await suite.expectNoLeak(await server.log())
  })
})
