import { afterAll, describe, expect, it } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { pageStatements } from '../../support/page.ts'
import { connected, postgresServer, quoted } from '../../support/postgres.ts'
import { randomName, randomPassword } from '../../support/random.ts'
import type { TestLogin } from '../../support/test-server.ts'
import { loginIn } from '../databases/secret-string.ts'
import { cloneOf } from '../databases/target.ts'
import { createClone, createRole, literal } from './roles.ts'
import { alternatingUsers } from './secret-types.ts'

for (const major of [18, 15] as const) {
  const server = await postgresServer(major)
  const suite = await suiteFor(alternatingUsers(server, 'missing'))
  const { secrets, type } = suite

  async function stored() {
    const made = await type.make(secrets, { master: async () => ({ ...server.superuser, database: 'postgres' }) })
    return { ...(await suite.stored(async () => made)), base: made.base, clone: quoted(cloneOf(made.base)) }
  }

  describe(`roles that are no clones, on ${server.label}`, { meta: { server: server.label } }, () => {
    afterAll(() => secrets[Symbol.asyncDispose]())

    it('an unrelated role of the name is not touched', async () => {
      const target = await stored()
      const password = randomPassword()
      await server.query(`CREATE ROLE ${target.clone} LOGIN PASSWORD ${await literal(server, password)}`)
      const error = await expectFailure(suite, target, { code: 'NotAClone', step: 'setSecret' })
      expect(error.errorMessage).toContain('is not a member of')
      expect(await server.login({ username: cloneOf(target.base), password })).toBeDefined()
    })

    it('a login that only happens to end in _clone does not get the password of its namesake', async () => {
      const target = await stored()
      const happens = { username: cloneOf(target.base), password: randomPassword() }
      await server.query(`CREATE ROLE ${target.clone} LOGIN PASSWORD ${await literal(server, happens.password)}`)
      const value = JSON.stringify({ ...JSON.parse(target.value), ...happens })
      const secret = await suite.stored(async () => ({ ...target, value, works: async () => true }))
      await expectFailure(suite, secret, { code: 'NotAClone', step: 'setSecret' })
      expect(await server.login(target.base)).toBeDefined()
    })

    it('a superuser of the name is not touched, though it is a member of the base', async () => {
      const target = await stored()
      await createClone(server, target.base)
      await server.query(`ALTER ROLE ${target.clone} SUPERUSER`)
      await expectFailure(suite, target, { code: 'NotAClone', step: 'setSecret' })
    })

    it('a member through another role only is not touched', async () => {
      const target = await stored()
      const between = await createRole(server)
      await server.query(`GRANT ${quoted(target.base.username)} TO ${quoted(between.username)}`)
      await server.query(`CREATE ROLE ${target.clone} LOGIN IN ROLE ${quoted(between.username)}`)
      await expectFailure(suite, target, { code: 'NotAClone', step: 'setSecret' })
    })

    it('a member that may do more than the base, through another role, is not touched', async () => {
      const target = await stored()
      const { username } = await createRole(server)
      await createClone(server, target.base)
      await server.query(`GRANT ${quoted(username)} TO ${target.clone}`)
      const error = await expectFailure(suite, target, { code: 'NotAClone', step: 'setSecret' })
      expect(error.errorMessage).toContain(`is a member of ${username}, and ${target.base.username} is not.`)
      await server.query(/What to do: .*?(GRANT .*?;)/.exec(error.errorMessage)?.[1] ?? '')
      await secrets.rotate(await secrets.store(target.value))
    })

    /** Rotates, expects to be refused, runs the statements of the error that match, and expects to be let through. */
    async function expectMended(
      target: Awaited<ReturnType<typeof stored>>,
      printed: RegExp,
      more: readonly string[] = [],
    ) {
      const { errorMessage } = await expectFailure(suite, target, { code: 'NotAClone', step: 'setSecret' })
      const [, statement = ''] = printed.exec(errorMessage) ?? []
      for (const each of [statement, ...more]) await server.query(each)
      const secretId = await secrets.store(target.value)
      await secrets.rotate(secretId)
      return JSON.parse(await secrets.storedValue(secretId, 'AWSCURRENT'))
    }

    it('a member that owns a table is not touched, until the REASSIGN of the error has been run', async () => {
      const target = await stored()
      await createClone(server, target.base)
      await server.query(`CREATE TABLE ${target.clone} (); ALTER TABLE ${target.clone} OWNER TO ${target.clone}`)
      await expectMended(target, /(REASSIGN OWNED BY "[^"]+" TO "[^"]+";)/)
    })

    for (const [what, taken] of [
      ['given to the base', /(ALTER ROLE "[^"]+" CREATEDB BYPASSRLS;) or/],
      ['taken from it', /or (ALTER ROLE "[^"]+" NOCREATEDB NOBYPASSRLS;)/],
    ] as const) {
      it(`a member with more attributes is not touched, until they have been ${what} as the error says`, async () => {
        const target = await stored()
        await createClone(server, target.base)
        await server.query(`ALTER ROLE ${target.clone} CREATEDB BYPASSRLS`)
        await expectMended(target, taken)
      })
    }

    it('one that is no member is the clone, when the GRANT of the error has been run', async () => {
      const target = await stored()
      const password = await literal(server, randomPassword())
      await server.query(`CREATE ROLE ${target.clone} LOGIN PASSWORD ${password}`)
      await expectMended(target, /(GRANT "[^"]+" TO "[^"]+";)/)
    })

    it('what a member was granted itself goes to the base by the query of the page, and nobody loses anything', async () => {
      const target = await stored()
      const clone = await createClone(server, target.base)
      const [app, shop, reader, other] = [target.base.username, randomName('s'), randomName('r'), randomName('o')]
      await server.query(`CREATE DATABASE ${shop}`)
      await server.query(`CREATE ROLE ${reader}; CREATE ROLE ${other} IN ROLE ${reader}`)
      await using admin = await server.admin(shop)
      const run = async (sql: string) => (await admin.query(sql)).rows
      await run(`
        CREATE SCHEMA "od d"; CREATE TABLE "od d"."T" (a INT, b INT); CREATE SEQUENCE numbers; CREATE TABLE given (n INT);
        CREATE FUNCTION f() RETURNS INT LANGUAGE sql AS 'SELECT 1'; REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC;
        GRANT USAGE ON SCHEMA "od d" TO ${target.clone}; GRANT SELECT (a) ON "od d"."T" TO ${target.clone};
        GRANT USAGE ON SEQUENCE numbers TO ${target.clone}; GRANT EXECUTE ON FUNCTION f() TO ${target.clone};
        GRANT SELECT, INSERT ON given TO ${target.clone} WITH GRANT OPTION; ALTER TABLE given ENABLE ROW LEVEL SECURITY;
        CREATE POLICY p ON given TO ${target.clone}, ${reader} USING (true) WITH CHECK (true);
        GRANT CREATE ON SCHEMA public TO ${target.clone}, ${quoted(app)};
        ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO ${target.clone};
        GRANT TEMPORARY ON DATABASE ${shop} TO ${target.clone}; REVOKE TEMPORARY ON DATABASE ${shop} FROM PUBLIC;
        SET ROLE ${target.clone}; GRANT SELECT ON given TO ${reader};
        CREATE TABLE own (n INT); GRANT SELECT ON own TO ${reader}; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${reader};
        RESET ROLE`)
      await expectFailure(suite, target, { code: 'NotAClone', step: 'setSecret' })
      const usedBy = async (login: TestLogin) => {
        const { host, port } = server
        await using client = await connected({
          host,
          port,
          database: shop,
          user: login.username,
          password: login.password,
        })
        await client.query(`SELECT a FROM "od d"."T"; SELECT nextval('numbers'); SELECT f(); INSERT INTO given VALUES (1);
          INSERT INTO own VALUES (1); CREATE TEMPORARY TABLE ${randomName()} (n INT)`)
        const { rows } = await client.query('SELECT n FROM given')
        expect(rows.length).toBeGreaterThan(0)
      }
      const usedByReader = () => run(`SET ROLE ${other}; SELECT n FROM given; SELECT n FROM own; RESET ROLE`)
      const [asked = ''] = pageStatements('postgres-granted', { app, shop })
      const statements = [...pageStatements('postgres-owned', { app, shop })]
      await usedBy(clone)
      for (const statement of statements) await run(statement)
      for (const { statement } of await run(asked)) {
        await run(statement)
        await usedBy(clone)
        await usedByReader()
      }
      await usedBy(target.base)
      expect(await run(asked)).toEqual([])
      const secretId = await secrets.store(target.value)
      await secrets.rotate(secretId)
      await usedBy(loginIn(await secrets.storedValue(secretId, 'AWSCURRENT')))
      // What it makes now is the base's, and is granted on as its own was.
      await run(
        `SET SESSION AUTHORIZATION ${target.clone}; SET ROLE ${quoted(app)}; CREATE TABLE later (n INT); RESET SESSION AUTHORIZATION`,
      )
      await run(`SET ROLE ${other}; SELECT n FROM later; RESET ROLE`)
    })

    it('a login in use that owns a table does not lose it: the rotation to its base is refused', async () => {
      const target = await stored()
      const password = randomPassword()
      await createClone(server, target.base)
      await server.query(`ALTER ROLE ${target.clone} PASSWORD ${await literal(server, password)}`)
      await server.query(`CREATE TABLE ${target.clone} (); ALTER TABLE ${target.clone} OWNER TO ${target.clone}`)
      const inUse = { username: cloneOf(target.base), password }
      const value = JSON.stringify({ ...JSON.parse(target.value), ...inUse })
      const works = async () => {
        await using session = await server.admin()
        await session.query(`SET SESSION AUTHORIZATION ${target.clone}`)
        return (await session.query(`SELECT count(*) FROM ${target.clone}`)).rowCount === 1
      }
      const secret = await suite.stored(async () => ({ ...target, value, works }))
      await expectFailure(suite, secret, { code: 'NotAClone', step: 'setSecret' })
      expect(await server.login(inUse)).toMatchObject({ current_user: inUse.username })
    })

    it('a member of what the base is a member of, too, is a clone', async () => {
      const target = await stored()
      const { username } = await createRole(server)
      await createClone(server, target.base)
      await server.query(`GRANT ${quoted(username)} TO ${target.clone}, ${quoted(target.base.username)}`)
      await secrets.rotate(target.secretId)
    })

    it('a clone that was locked stays locked', async () => {
      const target = await stored()
      await createClone(server, target.base)
      await server.query(`ALTER ROLE ${target.clone} NOLOGIN`)
      await expectFailure(suite, target, { code: 'LoginLocked', step: 'setSecret' })
    })

    it('a login whose name ends in _clone, without a base, is not rotated and no base is made', async () => {
      const target = await stored()
      const lonely = { username: cloneOf(target.base), password: randomPassword() }
      await server.query(`CREATE ROLE ${target.clone} LOGIN PASSWORD ${await literal(server, lonely.password)}`)
      await server.query(`DROP ROLE ${quoted(target.base.username)}`)
      const value = JSON.stringify({ ...JSON.parse(target.value), ...lonely })
      const alone = await suite.stored(async () => ({ ...target, value }))
      const error = await expectFailure(suite, alone, { code: 'NotAClone', step: 'setSecret' })
      expect(error.errorMessage).toContain(`There is no role ${target.base.username}.`)
    })

    it('a name of 58 bytes is refused in createSecret, before the server would cut it', async () => {
      const target = await suite.stored((store) => type.make(store as typeof secrets, { name: 'é', length: 58 }))
      const error = await expectFailure(suite, target, { code: 'NameTooLong', step: 'createSecret' })
      expect(error.errorMessage).toContain('63 bytes')
    })

    it('a name that is nothing but _clone is refused in createSecret', async () => {
      const target = await stored()
      const value = JSON.stringify({ ...JSON.parse(target.value), username: '_clone' })
      const nameless = await suite.stored(async () => ({ ...target, value }))
      await expectFailure(suite, nameless, { code: 'InvalidSecret', step: 'createSecret', stillWorks: false })
    })

    it('leaves no secret value in any output', async () => {
      await suite.expectNoLeak(await server.log())
    })
  })
}
