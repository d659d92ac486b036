import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import { type StoredTarget, type Suite, suiteFor } from '../../contract/suite.ts'
import { connected, mysqlServer, quoted } from '../../support/mysql.ts'
import { pageStatements } from '../../support/page.ts'
import { randomName, randomPassword } from '../../support/random.ts'
import type { RotationByHand } from '../../support/secrets-manager.ts'
import type { TestLogin } from '../../support/test-server.ts'
import type { AccountWish } from '../databases/mysql-accounts.ts'
import { loginIn } from '../databases/secret-string.ts'
import { cloneOf } from '../databases/target.ts'
import { alternatingUsers, dualPassword, type MysqlType } from './secret-types.ts'

const server = await mysqlServer()
const alternating = await suiteFor(alternatingUsers(server, 'missing'))
const dual = await suiteFor(dualPassword(server, 'a superuser'))
const self = await suiteFor(dualPassword(server, 'itself'))
const database = randomName('d')

beforeAll(async () => {
  await server.query(`CREATE DATABASE ${database}`)
  await server.query(`CREATE TABLE ${database}.orders (n INT)`)
})

/** A target whose superuser may do no more than this. */
async function storedWith({ type, ...suite }: Suite & { readonly type: MysqlType }, grants: readonly string[]) {
  const made = await type.make(suite.secrets)
  const { username } = made.master ?? made.base
  const who = `${quoted(username)}@'%'`
  await server.query(`REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${who}`)
  for (const grant of grants) await server.query(`GRANT ${grant} TO ${who}`)
  return { ...(await suite.stored(async () => made)), base: made.base, username }
}

/** Rotates, expects MissingPrivilege, runs the statements that it prints, and expects that the rotation goes on. */
async function expectMended(suite: Suite, target: StoredTarget, stillWorks = true): Promise<string> {
  const { AWSCURRENT = '' } = await target.staged()
  let begun: RotationByHand | undefined
  const before = async (rotation: RotationByHand) => {
    begun = rotation
  }
  const refused = { code: 'MissingPrivilege', step: 'setSecret', stillWorks, before } as const
  const { errorMessage } = await expectFailure(suite, { ...target, value: AWSCURRENT }, refused)
  const said = /[Aa]s an administrator: (.+?;)(?= [^;]*Trying| or |[^;]*$)/s.exec(errorMessage)?.[1] ?? errorMessage
  for (const statement of said.split(/(?<=;) /)) await server.query(statement)
  await begun?.run('setSecret', 'testSecret', 'finishSecret')
  await begun?.end()
  expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
  return said
}

/** A session as the login that writes what was granted to it; which it does again whenever it is asked. */
async function worker({ username: user, password }: TestLogin) {
  // In no database: what it may do in the one that it uses, a session keeps for as long as it does.
  const client = await connected({ host: server.host, port: server.port, user, password })
  const work = () => client.query(`INSERT INTO ${database}.orders VALUES (1)`)
  return { work, [Symbol.asyncDispose]: () => client.end() }
}
async function works(login: TestLogin): Promise<void> {
  await using one = await worker(login)
  await one.work()
}

/** As AWS's function does it: gives one account each row of what is shown for the other. */
async function copyGrants(from: string, to: string): Promise<void> {
  for (const row of await server.query('SHOW GRANTS FOR ?', [from]))
    await server.query(`${String(Object.values(row)[0]).split(' TO ')[0]} TO ?`, [to])
}

describe("the statements of the page about AWS's functions", { meta: { server: server.label } }, () => {
  const rights = 'SELECT, INSERT, UPDATE, DELETE, CREATE'
  const grants = [`${rights} ON ${database}.*`]

  it('of the role make a clone that AWS left unfinished the second login', async () => {
    const made = await alternating.type.make(alternating.secrets, { grants })
    const target = await alternating.stored(async () => made)
    const clone = { username: cloneOf(made.base), password: randomPassword() }
    await server.query('CREATE USER ? IDENTIFIED BY ?', [clone.username, clone.password])
    await copyGrants(made.base.username, clone.username)
    await expectFailure(alternating, target, { code: 'NotAClone', step: 'setSecret' })
    for (const statement of pageStatements('mysql-unfinished', { app: made.base.username, shop: database }))
      await server.query(statement)
    const secretId = await alternating.secrets.store(target.value)
    await alternating.secrets.rotate(secretId)
    await works(loginIn((await alternating.secrets.value(secretId, 'AWSCURRENT')) ?? ''))
    expect(await server.login(clone)).toBeUndefined()
  })

  it('of the way back let AWS copy the grants again, and both logins and their sessions work after each', async () => {
    const made = await alternating.type.make(alternating.secrets, { grants })
    const target = await alternating.stored(async () => made)
    await alternating.secrets.rotate(target.secretId)
    const { AWSCURRENT = '', AWSPREVIOUS = '' } = await target.staged()
    const [app, clone] = [loginIn(AWSPREVIOUS), loginIn(AWSCURRENT)]
    await expect(copyGrants(clone.username, app.username)).rejects.toMatchObject({ errno: 4027 })
    await using one = await worker(app)
    await using other = await worker(clone)
    for (const statement of pageStatements('mysql-alternating-back', { app: app.username, shop: database })) {
      await server.query(statement)
      for (const login of [app, clone]) await works(login)
      for (const session of [one, other]) await session.work()
    }
    await copyGrants(clone.username, app.username)
    await copyGrants(app.username, clone.username)
    for (const login of [app, clone]) await works(login)
    // And to us again.
    await alternating.secrets.rotate(target.secretId)
  })

  it('of the way back leave a session its roles, if it was opened before the last of them', async () => {
    const made = await alternating.type.make(alternating.secrets)
    const [app, role] = [made.base.username, randomName('r')]
    const target = await alternating.stored(async () => made)
    for (const statement of [
      `CREATE ROLE ${role}`,
      `GRANT ${rights} ON ${database}.* TO ${role}`,
      `GRANT ${role} TO ${app}`,
      `SET DEFAULT ROLE ALL TO ${app}`,
    ])
      await server.query(statement)
    await alternating.secrets.rotate(target.secretId)
    const clone = loginIn((await target.staged()).AWSCURRENT ?? '')
    await using before = await worker(clone)
    const [, ...statements] = pageStatements('mysql-alternating-back', { app, shop: database })
    await server.query(`GRANT ${role} TO ${clone.username}`)
    await server.query(statements[0] ?? '')
    await using anew = await worker(clone)
    await server.query(statements[1] ?? '')
    await anew.work()
    await works(clone)
    await expect(before.work()).rejects.toMatchObject({ errno: 1142 })
  })

  it('of dual passwords end the second one', async () => {
    const made = await dual.type.make(dual.secrets, { grants })
    const target = await dual.stored(async () => made)
    await dual.secrets.rotate(target.secretId)
    await works(made.base)
    for (const statement of pageStatements('mysql-dual-back', { app: made.base.username, shop: database }))
      await server.query(statement)
    expect(await server.login(made.base)).toBeUndefined()
    await works(loginIn((await target.staged()).AWSCURRENT ?? ''))
  })
})

describe('the statements that MissingPrivilege prints', { meta: { server: server.label } }, () => {
  afterAll(async () => {
    for (const { secrets } of [alternating, dual, self]) await secrets[Symbol.asyncDispose]()
  })

  const [accounts, roles] = ['CREATE USER ON *.*', 'ROLE_ADMIN ON *.*']
  for (const [what, grants, remedy] of [
    ['alternating-users without CREATE USER', [roles, 'SELECT ON mysql.*'], 'GRANT CREATE USER ON *.*'],
    ['alternating-users without ROLE_ADMIN', [accounts, 'SELECT ON mysql.*'], 'GRANT ROLE_ADMIN ON *.*'],
    ['alternating-users without either', ['SELECT ON mysql.*'], 'GRANT CREATE USER, ROLE_ADMIN ON *.*'],
    ['alternating-users that may read no grant tables', [accounts, roles], 'GRANT SELECT ON mysql.*'],
    [
      'alternating-users that may read names alone',
      [accounts, roles, 'SELECT (User, Host) ON mysql.user'],
      'GRANT SELECT ON mysql.*',
    ],
    ['alternating-users that may not read roles', [accounts, roles, 'SELECT ON mysql.user'], 'GRANT SELECT ON mysql.*'],
    ['dual-password without CREATE USER', ['SELECT ON mysql.*'], 'GRANT CREATE USER ON *.*'],
    ['dual-password that may read no accounts', [accounts], 'GRANT SELECT ON mysql.*'],
    ['dual-password by itself', ['PROCESS ON *.*'], 'GRANT APPLICATION_PASSWORD_ADMIN ON *.*'],
  ] as const) {
    it(`${what}: the GRANT mends it, and nothing was changed before`, async () => {
      const suite = what.startsWith('alternating') ? alternating : what.endsWith('itself') ? self : dual
      const target = await storedWith(suite, grants)
      expect(await expectMended(suite, target)).toBe(`${remedy} TO '${target.username}'@'%';`)
    })
  }

  it('a superuser that may not take away what the clone has beyond the base: the REVOKE mends it', async () => {
    const target = await storedWith(alternating, [accounts, roles, 'SELECT ON mysql.*'])
    const clone = cloneOf(target.base)
    for (let round = 0; round < 2; round++) await alternating.secrets.rotate(target.secretId)
    await server.query("GRANT PROCESS, SHOW DATABASES ON *.* TO ?@'%'", [clone])
    expect(await expectMended(alternating, target)).toBe(`REVOKE PROCESS, SHOW DATABASES ON *.* FROM '${clone}'@'%';`)
  })

  it('a login that may not use the database of the secret: the GRANT mends it', async () => {
    const wish: AccountWish = {
      grants: ['APPLICATION_PASSWORD_ADMIN ON *.*'],
      fields: { dbname: JSON.stringify(database) },
    }
    const target = await self.stored((store) => dualPassword(server, 'itself').make(store, wish))
    expect(await expectMended(self, target, false)).toContain(`GRANT SELECT ON \`${database}\`.* TO '`)
  })

  it('leave no secret value in any output', async () => {
    for (const suite of [alternating, dual, self]) await suite.expectNoLeak(await server.log())
  })
})
