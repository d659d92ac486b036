import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { connected, type TestServer } from '../../support/mysql.ts'
import { pageStatements } from '../../support/page.ts'
import { randomName, randomPassword } from '../../support/random.ts'
import type { TestLogin } from '../../support/test-server.ts'
import { loginIn } from '../databases/secret-string.ts'
import { cloneOf } from '../databases/target.ts'
import { alternatingUsers, dualPassword } from './secret-types.ts'

/** The statements of docs/from-aws-functions.md, on accounts as AWS's functions leave them or find them. */
export async function fromAwsCases(server: TestServer): Promise<void> {
  const alternating = await suiteFor(alternatingUsers(server, 'missing'))
  const dual = await suiteFor(dualPassword(server, 'a superuser'))
  const database = randomName('d')

  /** A session as the login that writes into its table, which it does again each time it is asked. */
  async function worker({ username: user, password }: TestLogin) {
    // In no database: a session keeps its rights in the database that it uses.
    const client = await connected({ host: server.host, port: server.port, user, password })
    const work = () => client.query(`INSERT INTO ${database}.orders VALUES (1)`)
    return { work, [Symbol.asyncDispose]: () => client.end() }
  }
  async function works(login: TestLogin): Promise<void> {
    await using one = await worker(login)
    await one.work()
  }

  /** As AWS's function does it: runs each row of SHOW GRANTS of one account for the other. */
  async function copyGrants(from: string, to: string): Promise<void> {
    for (const row of await server.query('SHOW GRANTS FOR ?', [from]))
      await server.query(`${String(Object.values(row)[0]).split(' TO ')[0]} TO ?`, [to])
  }

  describe(`the statements of the page about AWS's functions, on ${server.label}`, {
    meta: { server: server.label },
  }, () => {
    beforeAll(async () => {
      await server.query(`CREATE DATABASE ${database}`)
      await server.query(`CREATE TABLE ${database}.orders (n INT)`)
    })
    afterAll(async () => {
      for (const { secrets } of [alternating, dual]) await secrets[Symbol.asyncDispose]()
    })

    const rights = 'SELECT, INSERT, UPDATE, DELETE, CREATE'
    const grants = [`${rights} ON ${database}.*`]

    it("for the role make a clone that AWS's functions left unfinished the second login", async () => {
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

    it("for the way back let AWS's functions copy the grants again, and both logins work after each", async () => {
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

    it('for the way back leave its roles to a session that was opened before the last of them', async () => {
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
      const clone = loginIn(await target.stagedValue('AWSCURRENT'))
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

    it('for dual passwords end the second one', async () => {
      const made = await dual.type.make(dual.secrets, { grants })
      const target = await dual.stored(async () => made)
      await dual.secrets.rotate(target.secretId)
      await works(made.base)
      for (const statement of pageStatements('mysql-dual-back', { app: made.base.username, shop: database }))
        await server.query(statement)
      expect(await server.login(made.base)).toBeUndefined()
      await works(loginIn(await target.stagedValue('AWSCURRENT')))
    })
  })
}
