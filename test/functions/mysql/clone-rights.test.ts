import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { connected, mysqlServer, quoted, type TestServer } from '../../support/mysql.ts'
import { ownMysql } from '../../support/own-mysql.ts'
import { randomName } from '../../support/random.ts'
import type { RotationByHand } from '../../support/secrets-manager.ts'
import type { TestLogin } from '../../support/test-server.ts'
import { createAccount } from '../databases/mysql-accounts.ts'
import { loginIn } from '../databases/secret-string.ts'
import { cloneOf } from '../databases/target.ts'
import { createClone } from './accounts.ts'
import { alternatingUsers } from './secret-types.ts'

/** What comes of each of these statements in one session of a login: 'done', or the number of the server's error. */
async function tried({ host, port }: TestServer, login: TestLogin, statements: readonly string[]) {
  await using client = await connected({ host, port, user: login.username, password: login.password })
  const results: [string, number | 'done'][] = []
  for (const statement of statements) {
    const result = await client.query(statement).then(
      () => 'done' as const,
      (error: { errno: number }) => error.errno,
    )
    results.push([statement, result])
  }
  return results
}

async function rightsOn(name: string, start: () => Promise<TestServer & Partial<AsyncDisposable>>) {
  describe(`the clone on ${name}`, { meta: { server: name } }, () => {
    let server: Awaited<ReturnType<typeof start>>
    let suite: Awaited<ReturnType<typeof suiteFor<ReturnType<typeof alternatingUsers>>>>
    const database = randomName('d')
    const other = randomName('e')
    beforeAll(async () => {
      server = await start()
      suite = await suiteFor(alternatingUsers(server, 'missing'))
      for (const each of [database, other]) await server.query(`CREATE DATABASE ${each}`)
      await server.query(`CREATE TABLE ${database}.t (a INT, b INT)`)
      await server.query(`CREATE TABLE ${database}.u (a INT)`)
      await server.query(`CREATE TABLE ${other}.v (a INT)`)
      await server.query(`CREATE PROCEDURE ${database}.p() SQL SECURITY INVOKER SELECT a FROM ${database}.t`)
    })
    afterAll(async () => {
      await suite.secrets[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]?.()
    })

    async function stored() {
      const made = await suite.type.make(suite.secrets)
      const base = quoted(made.base.username)
      return { ...(await suite.stored(async () => made)), base: made.base, sql: base }
    }

    async function current(target: Awaited<ReturnType<typeof stored>>): Promise<TestLogin> {
      return loginIn(await target.stagedValue('AWSCURRENT'))
    }

    it('can do what the base can do, and nothing else', async () => {
      const target = await stored()
      const { sql } = target
      const [friend, role, further] = [await createAccount(server), randomName('r'), randomName('r')]
      for (const each of [role, further]) await server.query(`CREATE ROLE ${each}`)
      const grants = [
        `SELECT (a), INSERT (a) ON ${database}.t`,
        `UPDATE, CREATE TEMPORARY TABLES ON ${database}.*`,
        `EXECUTE ON PROCEDURE ${database}.p`,
        'PROCESS, SESSION_VARIABLES_ADMIN ON *.*',
      ]
      for (const grant of grants) await server.query(`GRANT ${grant} TO ${sql}`)
      await server.query(`GRANT DELETE ON ${database}.u TO ${sql} WITH GRANT OPTION`)
      await server.query(`GRANT INSERT ON ${other}.v TO ${role}`)
      await server.query(`GRANT ${role} TO ${sql}`)
      await server.query(`GRANT ${further} TO ${sql} WITH ADMIN OPTION`)
      await server.query(`SET DEFAULT ROLE ${role}, ${further} TO ${sql}`)
      await suite.secrets.rotate(target.secretId)
      const statements = [
        ...[`SELECT a FROM ${database}.t`, `SELECT b FROM ${database}.t`, `INSERT INTO ${database}.t (a) VALUES (1)`],
        ...[`INSERT INTO ${database}.t (b) VALUES (1)`, `UPDATE ${database}.u SET a = 1`, `DELETE FROM ${database}.u`],
        ...[`CREATE TEMPORARY TABLE ${database}.x (a INT)`, `CREATE TABLE ${database}.y (a INT)`],
        ...[`CALL ${database}.p()`, `INSERT INTO ${other}.v VALUES (1)`, `SELECT * FROM ${other}.v`],
        `GRANT DELETE ON ${database}.u TO ${quoted(friend.username)}`,
        `GRANT UPDATE ON ${database}.u TO ${quoted(friend.username)}`,
        `GRANT ${further} TO ${quoted(friend.username)}`,
        `GRANT ${role} TO ${quoted(friend.username)}`,
        ...['SHOW ENGINE INNODB STATUS', 'SET SESSION sql_log_off = ON', 'SET GLOBAL max_connections = 99'],
        ...['CREATE USER somebody_else', 'SELECT 1 FROM mysql.user LIMIT 1', 'SET ROLE DEFAULT'],
        `DELETE FROM ${database}.u`,
      ]
      const [ofBase, ofClone] = [
        await tried(server, target.base, statements),
        await tried(server, await current(target), statements),
      ]
      expect(ofClone).toEqual(ofBase)
      expect(ofBase.filter(([, result]) => result === 'done').length).toBeGreaterThan(8)
      expect(ofBase.filter(([, result]) => result !== 'done').length).toBeGreaterThan(6)
    })

    it('has or lacks at once what the base is granted or loses later', async () => {
      const target = await stored()
      await suite.secrets.rotate(target.secretId)
      const statement = [`SELECT * FROM ${other}.v`]
      expect(await tried(server, await current(target), statement)).toEqual([[statement[0], 1142]])
      await server.query(`GRANT SELECT ON ${other}.* TO ${target.sql}`)
      expect(await tried(server, await current(target), statement)).toEqual([[statement[0], 'done']])
      await server.query(`REVOKE SELECT ON ${other}.* FROM ${target.sql}`)
      expect(await tried(server, await current(target), statement)).toEqual([[statement[0], 1142]])
    })

    it('has nothing but the role, and that by default', async () => {
      const target = await stored()
      await suite.secrets.rotate(target.secretId)
      const rows = await server.query('SHOW GRANTS FOR ?@?', [cloneOf(target.base), '%'])
      const clone = `\`${cloneOf(target.base)}\`@\`%\``
      expect(rows.map((row) => Object.values(row)[0])).toEqual([
        `GRANT USAGE ON *.* TO ${clone}`,
        expect.stringMatching(/^GRANT `t_[^@]*`@`%`(,`[^@]*`@`%`)* TO `t_\w+_clone`@`%`$/),
      ])
      const session = await server.login(await current(target))
      expect(session?.current_role).toContain(`\`${target.base.username}\`@\`%\``)
    })
  })
}

const shared = await mysqlServer()
await rightsOn(shared.label, async () => shared)
await rightsOn('MySQL with partial_revokes, activate_all_roles_on_login and mandatory_roles', async () => {
  const settings = { 'partial-revokes': 'ON', 'activate-all-roles-on-login': 'ON' }
  const own = await ownMysql(settings)
  await own.query('CREATE ROLE everybody')
  await own.query("SET GLOBAL mandatory_roles = 'everybody'")
  return own
})

describe('the clone on a MySQL of its own', { meta: { server: 'MySQL with partial_revokes' } }, () => {
  let server: Awaited<ReturnType<typeof ownMysql>>
  let suite: Awaited<ReturnType<typeof suiteFor<ReturnType<typeof alternatingUsers>>>>
  beforeAll(async () => {
    server = await ownMysql({ 'partial-revokes': 'ON' })
    suite = await suiteFor(alternatingUsers(server, 'missing'))
  })
  afterAll(async () => {
    await suite.secrets[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  it('lacks in one database what was taken from the base there', async () => {
    const made = await suite.type.make(suite.secrets)
    const target = await suite.stored(async () => made)
    const base = quoted(made.base.username)
    await server.query(`GRANT SELECT ON *.* TO ${base}`)
    await server.query(`REVOKE SELECT ON mysql.* FROM ${base}`)
    await suite.secrets.rotate(target.secretId)
    const statements = ['SELECT 1 FROM mysql.user LIMIT 1', 'SELECT 1 FROM sys.version']
    const clone = loginIn(await target.stagedValue('AWSCURRENT'))
    expect(await tried(server, clone, statements)).toEqual([
      [statements[0], 1142],
      [statements[1], 'done'],
    ])
    expect(await tried(server, made.base, statements)).toEqual(await tried(server, clone, statements))
  })

  for (const masters of ['no role', 'a role'])
    it(`is refused where everybody may use a database and the superuser runs with ${masters}`, async () => {
      const [database, role] = [randomName('open'), randomName('r')]
      const made = await suite.type.make(suite.secrets)
      const target = await suite.stored(async () => made)
      await server.query(`CREATE DATABASE ${database}`)
      await server.query(`CREATE TABLE ${database}.t (a INT)`)
      await server.query(`CREATE ROLE ${role}`)
      const master = quoted(made.master?.username ?? '')
      await server.query(`GRANT ${role} TO ${master}`)
      if (masters === 'a role') await server.query(`SET DEFAULT ROLE ${role} TO ${master}`)
      await server.query("INSERT INTO mysql.db (Host, Db, User, Select_priv) VALUES ('%', ?, '', 'Y')", [database])
      await server.query('FLUSH PRIVILEGES')
      let begun: RotationByHand | undefined
      const before = async (rotation: RotationByHand) => {
        begun = rotation
      }
      const failure = await expectFailure(suite, target, { code: 'PrivilegesDiffer', step: 'setSecret', before })
      expect(failure.errorMessage).toContain(database)
      // The refusal protects this: a second login made by hand.
      const clone = await createClone(server, made.base)
      const statement = [`SELECT a FROM ${database}.t`]
      expect(await tried(server, made.base, statement)).toEqual([[statement[0], 'done']])
      expect(await tried(server, clone, statement)).toEqual([[statement[0], 1142]])
      for (const mend of /(DELETE .*?; FLUSH PRIVILEGES)/.exec(failure.errorMessage)?.[1]?.split('; ') ?? [])
        await server.query(mend)
      await begun?.run('setSecret', 'testSecret', 'finishSecret')
      expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
    })
})
