import { expect } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import type { Suite } from '../../contract/suite.ts'
import { pageStatements } from '../../support/page.ts'
import { connected, quoted, type TestServer } from '../../support/postgres.ts'
import { randomName } from '../../support/random.ts'
import type { TestLogin } from '../../support/test-server.ts'
import { loginIn } from '../databases/secret-string.ts'
import { cloneOf } from '../databases/target.ts'
import { createClone } from './roles.ts'
import type { PostgresType } from './secret-types.ts'

/**
 * A clone owns and was granted what the base does not have. The statements of docs/from-aws-functions.md give it to the base:
 * after each of them the clone, and who got something from it, can do what they could.
 * @param suite of alternating users
 */
export async function expectOwnRightsGoOver(
  server: TestServer,
  { secrets, ...suite }: Suite & { readonly type: PostgresType },
): Promise<void> {
  const made = await suite.type.make(secrets, {
    master: async () => ({ ...server.superuser, database: 'postgres' }),
  })
  const target = await suite.stored(async () => made)
  const clone = await createClone(server, made.base)
  const names = { app: made.base.username, shop: randomName('s') }
  const [reader, other, second] = [randomName('r'), randomName('o'), quoted(cloneOf(made.base))]
  await server.query(`CREATE DATABASE ${names.shop}`)
  await server.query(`CREATE ROLE ${reader}; CREATE ROLE ${other} IN ROLE ${reader}`)
  await using admin = await server.admin(names.shop)
  const run = async (sql: string) => (await admin.query(sql)).rows
  await run(ownRights(names, second, reader))
  await expectFailure({ secrets }, target, { code: 'NotAClone', step: 'setSecret' })

  const { host, port } = server
  async function use({ username: user, password }: TestLogin): Promise<void> {
    await using client = await connected({ host, port, database: names.shop, user, password })
    await client.query(`SELECT a FROM "od d"."T"; SELECT nextval('numbers'); SELECT f(); INSERT INTO given VALUES (1);
      INSERT INTO own VALUES (1); CREATE TEMPORARY TABLE ${randomName()} (n INT)`)
    // The row policy lets it see what it has written.
    expect((await client.query('SELECT n FROM given')).rows.length).toBeGreaterThan(0)
  }
  const useByReader = () => run(`SET ROLE ${other}; SELECT n FROM given; SELECT n FROM own; RESET ROLE`)

  await use(clone)
  for (const statement of pageStatements('postgres-owned', names)) await run(statement)
  const [asked = ''] = pageStatements('postgres-granted', names)
  for (const { statement } of await run(asked)) {
    await run(statement)
    await use(clone)
    await useByReader()
  }
  await use(made.base)
  expect(await run(asked)).toEqual([])
  const secretId = await secrets.store(target.value)
  await secrets.rotate(secretId)
  await use(loginIn(await secrets.storedValue(secretId, 'AWSCURRENT')))
  // What it makes now is the base's, and is granted on as its own was.
  await run(`SET SESSION AUTHORIZATION ${second}; SET ROLE ${quoted(names.app)}; CREATE TABLE later (n INT);
    RESET SESSION AUTHORIZATION; SET ROLE ${other}; SELECT n FROM later; RESET ROLE`)
}

/** All kinds of what one role can have and another not. */
function ownRights({ app, shop }: { readonly app: string; readonly shop: string }, clone: string, reader: string) {
  return `CREATE SCHEMA "od d"; CREATE TABLE "od d"."T" (a INT, b INT); CREATE SEQUENCE numbers; CREATE TABLE given (n INT);
    CREATE FUNCTION f() RETURNS INT LANGUAGE sql AS 'SELECT 1'; REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC;
    GRANT USAGE ON SCHEMA "od d" TO ${clone}; GRANT SELECT (a) ON "od d"."T" TO ${clone};
    GRANT USAGE ON SEQUENCE numbers TO ${clone}; GRANT EXECUTE ON FUNCTION f() TO ${clone};
    GRANT SELECT, INSERT ON given TO ${clone} WITH GRANT OPTION; ALTER TABLE given ENABLE ROW LEVEL SECURITY;
    CREATE POLICY p ON given TO ${clone}, ${reader} USING (true) WITH CHECK (true);
    GRANT CREATE ON SCHEMA public TO ${clone}, ${quoted(app)};
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO ${clone};
    GRANT TEMPORARY ON DATABASE ${shop} TO ${clone}; REVOKE TEMPORARY ON DATABASE ${shop} FROM PUBLIC;
    SET ROLE ${clone}; GRANT SELECT ON given TO ${reader}; CREATE TABLE own (n INT); GRANT SELECT ON own TO ${reader};
    ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${reader}; RESET ROLE`
}
