import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, describe, expect, it } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { connected, mysqlServer } from '../../support/mysql.ts'
import { saidBy } from '../../support/outcome.ts'
import { randomName, randomPassword } from '../../support/random.ts'
import { expectNoRightIsLost } from '../databases/lost-right.ts'
import { loginIn } from '../databases/secret-string.ts'
import { cloneOf } from '../databases/target.ts'
import { alternatingUsers, dualPassword, singleUser } from './secret-types.ts'

const server = await mysqlServer()
const { host, port } = server
const suite = await suiteFor(alternatingUsers(server, 'missing'))
const { secrets, type } = suite

/** A stored secret, rotated as often as said. */
async function stored(rotations: number, wish: Parameters<typeof type.make>[1] = {}) {
  const made = await type.make(secrets, wish)
  const target = await suite.stored(async () => made)
  for (let n = 0; n < rotations; n++) await secrets.rotate(target.secretId)
  return { ...target, base: made.base, clone: cloneOf(made.base) }
}

describe('alternating-users on MySQL: the login in use', { meta: { server: server.label } }, () => {
  afterAll(() => secrets[Symbol.asyncDispose]())

  it('keeps what was granted to it alone: the rotation ends before it changes anything', async () => {
    const target = await stored(1)
    await expectNoRightIsLost(server, secrets, target)
  })

  it('has what it needs after each statement of the errors, where another function has made it', async () => {
    const [target, role] = [await stored(0), randomName('r')]
    const login = { username: target.clone, password: randomPassword() }
    await server.query(`CREATE ROLE ${role}`)
    for (const holder of [target.base.username, role]) await server.query('GRANT SELECT ON mysql.* TO ?', [holder])
    await server.query(`CREATE USER ? IDENTIFIED BY ? DEFAULT ROLE ${role}`, [login.username, login.password])
    const SecretString = JSON.stringify({ ...JSON.parse(target.value), ...login })
    await secrets.client.send(new PutSecretValueCommand({ SecretId: target.secretId, SecretString }))
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret')
    const said = saidBy(await rotation.attempt('setSecret'))
    const statements = /in this order: (GRANT .*; REVOKE .*;) Then/.exec(said)?.[1]?.split(/(?<=;) /) ?? []
    expect(statements).toHaveLength(3)
    for (const statement of statements) {
      await server.query(statement)
      await using session = await connected({ host, port, user: login.username, password: login.password })
      await session.query('SELECT 1 FROM mysql.user LIMIT 1')
    }
    await rotation.run('setSecret', 'testSecret', 'finishSecret')
    await rotation.end()
  })

  it('is not shadowed by a new account for a nearer host', async () => {
    const target = await stored(1)
    const current = await target.stagedValue('AWSCURRENT')
    await server.query("CREATE USER ?@'localhost' IDENTIFIED BY ?", [target.base.username, randomPassword()])
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret')
    await rotation.attempt('setSecret')
    expect(await target.works(current)).toBe(true)
  })

  it('leaves a stranger of the same name, with another host and password, as he is', async () => {
    const target = await stored(0)
    const stranger = [target.base.username, '192.0.2.1'] as const
    await server.query('CREATE USER ?@? IDENTIFIED BY ?', [...stranger, randomPassword()])
    const hash = async () =>
      server.query('SELECT authentication_string, plugin FROM mysql.user WHERE User = ? AND Host = ?', [...stranger])
    const before = await hash()
    for (let rotations = 0; rotations < 3; rotations++) await secrets.rotate(target.secretId)
    expect(await hash()).toEqual(before)
    expect(
      await server.query("SELECT 1 FROM mysql.user WHERE User = ? AND Host = '192.0.2.1'", [target.clone]),
    ).toEqual([])
  })

  for (const [rule, removed] of [
    ['FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME 2', 'FAILED_LOGIN_ATTEMPTS 0 PASSWORD_LOCK_TIME 0'],
  ] as const) {
    it(`loses a rule that the base has lost: ${rule}`, async () => {
      const target = await stored(0, { options: rule })
      await secrets.rotate(target.secretId)
      await secrets.rotate(target.secretId)
      await server.query(`ALTER USER ?@'%' ${removed}`, [target.base.username])
      await secrets.rotate(target.secretId)
      const [row = {}] = await server.query("SHOW CREATE USER ?@'%'", [target.clone])
      expect(String(Object.values(row)[0])).not.toContain('FAILED_LOGIN_ATTEMPTS')
    })
  }
})

describe('superusers with no more rights than the README says', { meta: { server: server.label } }, () => {
  for (const [strategy, make] of [
    ['dual-password', dualPassword(server, 'a superuser')],
    ['alternating-users', alternatingUsers(server, 'missing')],
  ] as const) {
    it(`${strategy}: need no rights in the database of the secret`, async () => {
      const own = await suiteFor(make)
      await using _ = own.secrets
      const database = randomName('d')
      await server.query(`CREATE DATABASE ${database}`)
      const target = await own.stored((store) => own.type.make(store, { fields: { dbname: JSON.stringify(database) } }))
      const { username } = loginIn(target.value)
      await server.query(`GRANT SELECT ON ${database}.* TO ?@'%'`, [username])
      await own.secrets.rotate(target.secretId)
    })
  }
})

describe('single-user on MySQL', { meta: { server: server.label } }, () => {
  it('ends the second password that dual-password has left, where the account may', async () => {
    const own = await suiteFor(singleUser(server))
    await using _ = own.secrets
    const made = await own.type.make(own.secrets, { grants: ['APPLICATION_PASSWORD_ADMIN ON *.*'] })
    const target = await own.stored(async () => made)
    const { username, password } = made.base
    const second = { username, password: randomPassword() }
    await server.query("ALTER USER ?@'%' IDENTIFIED BY ?", [username, second.password])
    await server.query("ALTER USER ?@'%' IDENTIFIED BY ? RETAIN CURRENT PASSWORD", [username, password])
    expect(await server.login(second)).toBeDefined()
    await own.secrets.rotate(target.secretId)
    expect(await server.login(second)).toBeUndefined()
  })

  it('refuses an account that our own retry would lock, before anything is changed', async () => {
    const own = await suiteFor(singleUser(server))
    await using _ = own.secrets
    for (const attempts of [1, 2]) {
      const options = `FAILED_LOGIN_ATTEMPTS ${attempts} PASSWORD_LOCK_TIME UNBOUNDED`
      const target = await own.stored((store) => own.type.make(store, { options }))
      const error = await expectFailure(own, target, { code: 'LoginLocked', step: 'setSecret' })
      expect(error.errorMessage).toContain(`FAILED_LOGIN_ATTEMPTS ${attempts}`)
    }
  })
})
