import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accountName, identifier } from '../../../shared/mysql-family/quoting.ts'
import { suiteFor } from '../../contract/suite.ts'
import { connected, mariadbServer } from '../../support/mysql.ts'
import { codeOf, saidBy } from '../../support/outcome.ts'
import { randomName } from '../../support/random.ts'
import { loginIn } from '../databases/secret-string.ts'
import { cloneOf } from '../databases/target.ts'
import { createUser } from './accounts.ts'
import { alternatingUsers, type TargetWish } from './secret-types.ts'

for (const series of ['10.5', '10.11', '11.8'] as const) {
  const server = await mariadbServer(series)
  const suite = await suiteFor(alternatingUsers(server, 'missing'))
  const { secrets, type } = suite
  const [database, role] = [randomName('d `TO` '), randomName('r `TO` ')]
  const [d, t] = [`${identifier(database)}.*`, `${identifier(database)}.t`]

  /** A stored secret whose superuser may grant everything. */
  async function stored(wish: TargetWish = {}) {
    const master = { ...server.superuser }
    const made = await type.make(secrets, { master, ...wish })
    return { ...(await suite.stored(async () => made)), base: made.base, clone: cloneOf(made.base) }
  }
  /** The server's own words on the rights of an account, without those on the login. */
  async function held(user: string, host = '%'): Promise<string[]> {
    const rows = await server.query('SHOW GRANTS FOR ?@?', [user, host])
    return rows
      .map((row) =>
        String(Object.values(row)[0])
          .replaceAll(user, 'USER')
          .replace(/ IDENTIFIED.*?(?= WITH GRANT OPTION|$)/, ''),
      )
      .sort()
  }

  describe(`the clone on ${server.label}`, { meta: { server: server.label } }, () => {
    beforeAll(async () => {
      await server.query(`CREATE DATABASE ${identifier(database)}`)
      await server.query(`CREATE TABLE ${t} (a int, b int)`)
      await server.query(`CREATE PROCEDURE ${identifier(database)}.p() SELECT 1`)
      await server.query(`CREATE ROLE ${identifier(role)}`)
      await server.query(`GRANT INSERT (b) ON ${t} TO ${identifier(role)}`)
    })
    afterAll(() => secrets[Symbol.asyncDispose]())

    it('has all that the base has, and can use it', async () => {
      const grants = [
        ...[`SELECT (a) ON ${t}`, `EXECUTE ON PROCEDURE ${identifier(database)}.p`, 'PROCESS ON *.*', identifier(role)],
        `CREATE TEMPORARY TABLES ON ${identifier(database.replaceAll('_', '\\_'))}.*`,
      ]
      const { secretId, base, clone, stagedValue } = await stored({
        grants,
        options: 'WITH MAX_USER_CONNECTIONS 17',
      })
      await server.query(`SET DEFAULT ROLE ${identifier(role)} FOR ?@'%'`, [base.username])
      await server
        .query("GRANT PROXY ON 'nobody'@'%' TO ?@'%' WITH GRANT OPTION", [base.username])
        .catch(() => undefined)
      await secrets.rotate(secretId)
      const login = loginIn(await stagedValue('AWSCURRENT'))
      expect(login.username).toBe(clone)
      expect(await held(clone)).toEqual(await held(base.username))
      expect((await createUser(server, { username: clone, password: '' })).replace(clone, base.username)).toBe(
        await createUser(server, base),
      )

      const { host, port } = server
      await using client = await connected({ host, port, user: clone, password: login.password, database })
      await client.query('SELECT a FROM t')
      await client.query('CALL p()')
      await client.query('INSERT INTO t (b) VALUES (1)')
      await expect(client.query('SELECT b FROM t')).rejects.toThrow('denied')
    })

    it('gets the later rights of the base, and loses those that the base has lost', async () => {
      const { secretId, base, clone } = await stored({ grants: [`SELECT, INSERT ON ${d}`, identifier(role)] })
      const steps = [
        [`REVOKE INSERT ON ${d} FROM`, `GRANT DELETE ON ${t} TO`],
        [`GRANT ALL PRIVILEGES ON ${d} TO`, `REVOKE ${identifier(role)} FROM`],
        [`REVOKE DROP ON ${d} FROM`, 'GRANT RELOAD ON *.* TO'],
        ['GRANT USAGE ON *.* TO', `REVOKE ALL PRIVILEGES ON ${d} FROM`],
      ]
      for (const statements of [[], ...steps]) {
        for (const statement of statements) await server.query(`${statement} ?@'%'`, [base.username])
        // The second rotation brings the base back into use: nobody takes rights from the login in use.
        for (const _turn of ['the clone', 'the base']) {
          await secrets.rotate(secretId)
          expect(await held(clone)).toEqual(await held(base.username))
        }
      }
      // What only the clone was given is taken away, too.
      await server.query(`GRANT FILE ON *.* TO ?@'%'`, [clone])
      await secrets.rotate(secretId)
      expect(await held(clone)).toEqual(await held(base.username))
    })

    it('has the options of the base, and gets their later changes', async () => {
      const options =
        "REQUIRE SUBJECT '/CN=it''s \\\\' ISSUER '/O=\"o\" SUBJECT x' WITH MAX_QUERIES_PER_HOUR 9000 MAX_STATEMENT_TIME 12.5 PASSWORD EXPIRE NEVER"
      const { secretId, base, clone } = await stored({ hosts: ['10.0.0.1', '%'] })
      const same = async () =>
        expect(
          (await createUser(server, { username: clone, password: '' }, '10.0.0.1')).replace(clone, base.username),
        ).toBe(await createUser(server, base, '10.0.0.1'))
      for (const each of [
        options,
        'REQUIRE NONE WITH MAX_QUERIES_PER_HOUR 0 MAX_STATEMENT_TIME 0 PASSWORD EXPIRE INTERVAL 30 DAY',
        'REQUIRE X509 WITH MAX_USER_CONNECTIONS 3 PASSWORD EXPIRE DEFAULT',
      ]) {
        await server.query(`ALTER USER ?@'10.0.0.1' ${each}`, [base.username])
        await secrets.rotate(secretId)
        await same()
      }
    })

    it('is locked where the base is, and never unlocked by a rotation', async () => {
      const { secretId, base, clone } = await stored({ hosts: ['10.0.0.1', '%'] })
      for (const _turn of ['the clone', 'the base']) await secrets.rotate(secretId)
      await server.query("ALTER USER ?@'10.0.0.1' ACCOUNT LOCK", [base.username])
      await secrets.rotate(secretId)
      expect(await createUser(server, { username: clone, password: '' }, '10.0.0.1')).toContain('ACCOUNT LOCK')
      expect(await createUser(server, { username: clone, password: '' })).not.toContain('ACCOUNT LOCK')
      await secrets.rotate(secretId)
      expect(await createUser(server, base, '10.0.0.1')).toContain('ACCOUNT LOCK')
      await server.query("ALTER USER ?@'10.0.0.1' ACCOUNT UNLOCK", [base.username])
      await expect(secrets.rotate(secretId)).rejects.toThrow(`'${clone}'@'10.0.0.1' is locked`)
    })

    it('has an account for each host of the base, all with one password', async () => {
      const hosts = ['10.0.0.1', 'localhost', '%']
      const { secretId, base, clone, stagedValue } = await stored({ hosts })
      await server.query("GRANT SELECT ON *.* TO ?@'10.0.0.1'", [base.username])
      await server.query("CREATE USER ?@'10.0.0.2' IDENTIFIED VIA unix_socket", [base.username])
      for (const user of [clone, base.username]) {
        await secrets.rotate(secretId)
        expect(loginIn(await stagedValue('AWSCURRENT')).username).toBe(user)
        const rows = await server.query<{ host: string; hash: string }>(
          "SELECT Host AS host, authentication_string AS hash FROM mysql.user WHERE User = ? AND plugin = 'mysql_native_password'",
          [user],
        )
        expect(rows.map(({ host }) => host).sort()).toEqual([...hosts].sort())
        expect(new Set(rows.map(({ hash }) => hash)).size).toBe(1)
      }
      expect(secrets.output()).toContain(`left '${base.username}'@'10.0.0.2' alone, which has no password`)
      expect(await held(clone, '10.0.0.1')).toEqual(await held(base.username, '10.0.0.1'))
      expect(await held(clone, 'localhost')).toEqual(await held(base.username, 'localhost'))
    })

    it('is made though the base has a grant on a dropped table', async () => {
      const { secretId, base, clone } = await stored()
      await server.query(`CREATE TABLE ${identifier(database)}.gone (a int)`)
      await server.query(`GRANT SELECT, INSERT ON ${identifier(database)}.gone TO ?@'%'`, [base.username])
      await server.query(`DROP TABLE ${identifier(database)}.gone`)
      await secrets.rotate(secretId)
      expect(await held(clone)).toEqual(await held(base.username))
      expect((await held(clone)).join()).not.toContain('CREATE')
    })

    it('is not made where the base has a grant on a dropped column, and the error says so', async () => {
      const { secretId, base } = await stored()
      await server.query(`CREATE TABLE ${identifier(database)}.less (a int, b int)`)
      await server.query(`GRANT SELECT (b) ON ${identifier(database)}.less TO ?@'%'`, [base.username])
      await server.query(`ALTER TABLE ${identifier(database)}.less CHANGE b c int`)
      const rotation = await secrets.begin(secretId)
      await rotation.run('createSecret')
      const outcome = await rotation.attempt('setSecret')
      expect(saidBy(outcome)).toContain('gone since')
      await server.query(`REVOKE SELECT (b) ON ${identifier(database)}.less FROM ?@'%'`, [base.username])
      await rotation.run('setSecret', 'testSecret', 'finishSecret')
      await rotation.end()
    })

    it('is PrivilegesDiffer where a right changes before testSecret, and setSecret mends it', async () => {
      for (const grant of ['SELECT ON *.*', `INSERT (a) ON ${t}`, identifier(role)]) {
        const { secretId, base } = await stored()
        const rotation = await secrets.begin(secretId)
        await rotation.run('createSecret', 'setSecret')
        await server.query(`GRANT ${grant} TO ?@'%'`, [base.username])
        const outcome = await rotation.attempt('testSecret')
        expect(codeOf(outcome)).toBe('PrivilegesDiffer')
        expect(saidBy(outcome)).toContain(`${cloneOf(base)} lacks ${grant.startsWith('`') ? 'role ' : ''}`)
        await rotation.run('setSecret', 'testSecret', 'finishSecret')
        await rotation.end()
      }
    })

    it('testSecret alone passes on the value in use', async () => {
      const { secretId } = await stored()
      await secrets.testOnly(secretId)
      await secrets.rotate(secretId)
      await secrets.testOnly(secretId)
    })

    it('is logged with what it is the definer of, and with views that ask for the login', async () => {
      const { secretId, clone } = await stored({ grants: [`ALL PRIVILEGES ON ${d}`] })
      await secrets.rotate(secretId)
      const definer = accountName({ user: clone, host: '%' })
      await server.query(
        `CREATE DEFINER = ${definer} VIEW ${identifier(database)}.${identifier(randomName('v'))} AS SELECT 1`,
      )
      const own = randomName('own')
      await server.query(
        `CREATE VIEW ${identifier(database)}.${own} AS SELECT a FROM ${t} WHERE b = SUBSTRING_INDEX(USER(), '@', 1)`,
      )
      await secrets.rotate(secretId)
      expect(secrets.output()).toContain(`${clone} is the definer of 1 views`)
      expect(secrets.output()).toContain(`${database}.${own}`)
    })

    it('leaves no secret value in any output', async () => {
      await suite.expectNoLeak(await server.log())
    })
  })
}
