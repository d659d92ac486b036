import { afterAll, describe, expect, it } from 'vitest'
import { suiteFor } from '../../contract/suite.ts'
import { codeOf, saidBy } from '../../support/outcome.ts'
import { connected, postgresServer, quoted } from '../../support/postgres.ts'
import { randomName } from '../../support/random.ts'
import { loginIn } from '../databases/secret-string.ts'
import { createClone } from './roles.ts'
import { alternatingUsers, bySuperuser, storedBySuperuser } from './secret-types.ts'

for (const major of [18, 15] as const) {
  const server = await postgresServer(major)
  const suite = await suiteFor(alternatingUsers(server, 'missing'))
  const { secrets, type } = suite

  const stored = () => storedBySuperuser(server, suite)

  /** What sessions of a login find: their settings, and as whom they run. */
  async function sessionOf(value: string, names: readonly string[], database = 'postgres') {
    const { username: user, password } = loginIn(value)
    await using client = await connected({ host: server.host, port: server.port, user, password, database })
    const shown: Record<string, string | null> = {}
    for (const name of ['role', ...names]) {
      const { rows } = await client.query<{ value: string }>('SELECT current_setting($1, true) AS value', [name])
      shown[name] = rows[0]?.value ?? null
    }
    const { rows } = await client.query<{ me: string }>('SELECT current_user AS me')
    return { ...shown, currentUser: rows[0]?.me }
  }

  async function attributes(role: string) {
    const [row] = await server.query(
      `SELECT rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolconnlimit,
         rolvaliduntil FROM pg_roles WHERE rolname = $1`,
      [role],
    )
    return row
  }

  describe(`the clone on ${server.label}`, { meta: { server: server.label } }, () => {
    afterAll(() => secrets[Symbol.asyncDispose]())

    it('runs as the base, so that what it makes belongs to the base', async () => {
      const { secretId, base, clone, stagedValue } = await stored()
      await secrets.rotate(secretId)
      const value = await stagedValue('AWSCURRENT')
      expect(loginIn(value).username).toBe(clone)
      const session = await server.login(loginIn(value))
      expect(session).toEqual({ session_user: clone, current_user: base.username })

      const schema = randomName('s')
      await server.query(`CREATE SCHEMA ${schema} AUTHORIZATION ${quoted(base.username)}`)
      const { host, port } = server
      const login = { host, port, database: 'postgres', user: clone, password: loginIn(value).password }
      await using client = await connected(login)
      await client.query('DISCARD ALL')
      await client.query(`CREATE TABLE ${schema}.made (id int)`)
      expect(await server.query('SELECT tableowner FROM pg_tables WHERE schemaname = $1', [schema])).toEqual([
        { tableowner: base.username },
      ])
    })

    it('has the attributes of the base, and gets its later changes, also what was taken away', async () => {
      const { secretId, base, clone } = await stored()
      const role = quoted(base.username)
      const wishes = 'CREATEDB CREATEROLE BYPASSRLS REPLICATION NOINHERIT CONNECTION LIMIT 7'
      await server.query(`ALTER ROLE ${role} ${wishes} VALID UNTIL '2099-05-06 07:08:09+02'`)
      await secrets.rotate(secretId)
      // The clone inherits in any case: the right to connect is looked up before its session runs as the base.
      expect(await attributes(clone)).toEqual({ ...(await attributes(base.username)), rolinherit: true })
      expect(await attributes(clone)).toMatchObject({ rolconnlimit: 7, rolbypassrls: true })

      const undone = 'NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION INHERIT CONNECTION LIMIT -1'
      await server.query(`ALTER ROLE ${role} ${undone} VALID UNTIL 'infinity'`)
      await server.query(`ALTER ROLE ${quoted(clone)} CREATEDB`)
      await secrets.rotate(secretId)
      // "infinity" and no date at all mean the same.
      expect({ ...(await attributes(clone)), rolvaliduntil: 0 }).toEqual({
        ...(await attributes(base.username)),
        rolvaliduntil: 0,
      })
    })

    it('has the settings of the base, in all databases and in single ones, and gets their later changes', async () => {
      const { secretId, base, clone, staged, stagedValue, value } = await stored()
      const [role, database] = [quoted(base.username), quoted(randomName('d "b" '))]
      await server.query(`CREATE DATABASE ${database}`)
      const names = [
        'search_path',
        'app.tenant',
        'App.Mixed',
        'work_mem',
        'DateStyle',
        'statement_timeout',
        'log_statement',
      ]
      for (const setting of [
        `SET search_path = app, "We""ird, 'x", "$user"`,
        `SET app.tenant = 'O''Brien \\ "x", y'`,
        `SET "App.Mixed" = ' spaced = yes '`,
        "SET work_mem = '7MB'",
        "SET DateStyle = 'SQL, DMY'",
        `SET log_statement = 'none'`,
        `IN DATABASE ${database} SET search_path = ''`,
        `IN DATABASE ${database} SET statement_timeout = '17s'`,
        `IN DATABASE ${database} SET app.tenant = 'only here'`,
      ]) {
        await server.query(`ALTER ROLE ${role} ${setting.replace('"App.Mixed"', '"App"."Mixed"')}`)
      }
      const there = database.slice(1, -1).replaceAll('""', '"')
      const expectSame = async () => {
        const { AWSCURRENT = '', AWSPREVIOUS = value } = await staged()
        for (const place of ['postgres', there]) {
          const [one, other] = [await sessionOf(AWSCURRENT, names, place), await sessionOf(AWSPREVIOUS, names, place)]
          expect({ ...one, role: '' }).toEqual({ ...other, role: '' })
          expect(one.currentUser).toBe(base.username)
        }
      }
      await secrets.rotate(secretId)
      await expectSame()
      expect(await sessionOf(await stagedValue('AWSCURRENT'), names)).toMatchObject({
        search_path: `app, "We""ird, 'x", "$user"`,
        'app.tenant': `O'Brien \\ "x", y`,
        work_mem: '7MB',
      })

      await server.query(`ALTER ROLE ${role} RESET work_mem`)
      await server.query(`ALTER ROLE ${role} IN DATABASE ${database} RESET ALL`)
      await server.query(`ALTER ROLE ${role} SET search_path = ''`)
      await server.query(`ALTER ROLE ${quoted(clone)} SET lock_timeout = '1s'`)
      await secrets.rotate(secretId)
      await expectSame()
      expect(await sessionOf(await stagedValue('AWSPREVIOUS'), ['lock_timeout', 'search_path'])).toMatchObject({
        lock_timeout: '0',
        search_path: '""',
      })
    })

    it('runs as the role that the base itself runs as', async () => {
      const { secretId, base, staged } = await stored()
      const owner = randomName('owner')
      await server.query(`CREATE ROLE ${owner} NOLOGIN`)
      await server.query(`GRANT ${owner} TO ${quoted(base.username)}`)
      await server.query(`ALTER ROLE ${quoted(base.username)} SET role = ${owner}`)
      for (let round = 0; round < 2; round++) {
        await secrets.rotate(secretId)
        const { AWSCURRENT = '' } = await staged()
        expect(await server.login(loginIn(AWSCURRENT))).toMatchObject({ current_user: owner })
      }
    })

    it('runs as the base does where a database, or a setting for all, names another role', async () => {
      const { secretId, base, clone, staged, value } = await stored()
      const [owner, stranger] = [randomName('owner'), randomName('stranger')]
      const names = ['owned', 'strange', 'own', 'none'] as const
      const databases = Object.fromEntries(names.map((name) => [name, randomName(name)])) as Record<string, string>
      for (const role of [owner, stranger]) await server.query(`CREATE ROLE ${role} NOLOGIN`)
      await server.query(`GRANT ${owner} TO ${quoted(base.username)}`)
      for (const name of Object.values(databases)) await server.query(`CREATE DATABASE ${name}`)
      await server.query(`ALTER DATABASE ${databases.owned} SET role = ${owner}`)
      // The base may not act as that one: its sessions go on as itself.
      await server.query(`ALTER DATABASE ${databases.strange} SET role = ${stranger}`)
      await server.query(`ALTER DATABASE ${databases.own} SET role = ${owner}`)
      await server.query(`ALTER ROLE ${quoted(base.username)} IN DATABASE ${databases.own} SET role = 'none'`)
      for (let round = 0; round < 2; round++) {
        await secrets.rotate(secretId)
        const { AWSCURRENT = '', AWSPREVIOUS = value } = await staged()
        for (const name of names) {
          const expected = { current_user: name === 'owned' ? owner : base.username }
          for (const each of [AWSCURRENT, AWSPREVIOUS])
            expect(await server.login({ ...loginIn(each), database: databases[name] }), name).toMatchObject(expected)
        }
      }
      await server.query(`ALTER DATABASE ${databases.owned} RESET role`)
      await secrets.rotate(secretId)
      const { AWSCURRENT = '' } = await staged()
      expect(await server.login({ ...loginIn(AWSCURRENT), database: databases.owned })).toEqual({
        session_user: clone,
        current_user: base.username,
      })
    })

    it('testSecret refuses a clone whose base was given another role by its database', async () => {
      const made = await type.make(secrets, bySuperuser(server))
      const [owner, database] = [randomName('owner'), randomName('owned')]
      await server.query(`CREATE DATABASE ${database}`)
      await server.query(`CREATE ROLE ${owner} NOLOGIN`)
      await server.query(`GRANT ${owner} TO ${quoted(made.base.username)}`)
      const value = JSON.stringify({ ...JSON.parse(made.value), dbname: database })
      const works = async (text: string) => (await server.login(loginIn(text))) !== undefined
      const target = await suite.stored(async () => ({ ...made, value, works }))
      const rotation = await secrets.begin(target.secretId)
      await rotation.run('createSecret', 'setSecret')
      await server.query(`ALTER DATABASE ${database} SET role = ${owner}`)
      const outcome = await rotation.attempt('testSecret')
      expect(saidBy(outcome)).toContain(`does not run as ${owner}`)
      await rotation.run('setSecret', 'testSecret', 'finishSecret')
      await target.expectPromoted(rotation, target.value)
    })

    it('a grant to the base that comes later reaches the clone at once', async () => {
      const { secretId, base, stagedValue } = await stored()
      await secrets.rotate(secretId)
      const table = randomName('granted')
      await server.query(`CREATE TABLE ${table} (id int)`)
      await server.query(`GRANT SELECT ON ${table} TO ${quoted(base.username)}`)
      const { username: user, password } = loginIn(await stagedValue('AWSCURRENT'))
      await using client = await connected({
        host: server.host,
        port: server.port,
        user,
        password,
        database: 'postgres',
      })
      await client.query(`SELECT * FROM ${table}`)
    })

    for (const [what, change] of [
      ['an attribute', (role: string) => `ALTER ROLE ${role} CREATEDB`],
      ['a setting', (role: string) => `ALTER ROLE ${role} SET work_mem = '9MB'`],
      ['a connection limit', (role: string) => `ALTER ROLE ${role} CONNECTION LIMIT 3`],
    ] as const) {
      it(`testSecret refuses a clone that differs in ${what}; a further run mends it`, async () => {
        const target = await stored()
        const rotation = await secrets.begin(target.secretId)
        await rotation.run('createSecret', 'setSecret')
        await server.query(change(quoted(target.base.username)))
        const outcome = await rotation.attempt('testSecret')
        expect(codeOf(outcome)).toBe('PrivilegesDiffer')
        expect((await target.staged()).AWSCURRENT).toBe(target.value)
        await rotation.run('createSecret', 'setSecret', 'testSecret', 'finishSecret')
        await target.expectPromoted(rotation, target.value)
      })
    }

    it('testSecret refuses a clone that does not run as the base', async () => {
      const target = await stored()
      const rotation = await secrets.begin(target.secretId)
      await rotation.run('createSecret', 'setSecret')
      await server.query(`ALTER ROLE ${quoted(target.clone)} RESET role`)
      const outcome = await rotation.attempt('testSecret')
      expect(saidBy(outcome)).toContain(`does not run as ${target.base.username}`)
    })

    it("is accepted where AWS's functions made it, and from then on runs as the base", async () => {
      const { secretId, base, clone, staged, value } = await stored()
      await createClone(server, base)
      await secrets.rotate(secretId)
      const { AWSCURRENT = '' } = await staged()
      expect(await server.login(loginIn(AWSCURRENT))).toEqual({ session_user: clone, current_user: base.username })
      expect(await server.login(loginIn(value))).toBeDefined()
    })

    it("passes a test without a rotation where AWS's functions made it, as either login", async () => {
      const { secretId, base, value, snapshot } = await stored()
      const clone = await createClone(server, base)
      const fields = JSON.parse(value) as object
      const fromClone = await secrets.store(JSON.stringify({ ...fields, ...clone }))
      const before = await snapshot()
      await secrets.testOnly(secretId)
      await secrets.testOnly(fromClone)
      expect(await snapshot()).toEqual(before)
    })

    if (major >= 16) {
      it('gets SET and INHERIT where its membership lacks them', async () => {
        const { secretId, base, stagedValue } = await stored()
        const { username } = await createClone(server, base)
        await server.query(`REVOKE ${quoted(base.username)} FROM ${quoted(username)}`)
        await server.query(`GRANT ${quoted(base.username)} TO ${quoted(username)} WITH INHERIT FALSE, SET FALSE`)
        await secrets.rotate(secretId)
        const session = await server.login(loginIn(await stagedValue('AWSCURRENT')))
        expect(session?.current_user).toBe(base.username)
      })
    }

    it('leaves no secret value in any output', async () => {
      await suite.expectNoLeak(await server.log())
    })
  })
}
