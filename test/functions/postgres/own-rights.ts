import { expect } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import type { Suite } from '../../contract/suite.ts'
import { type AdminClient, connected, quoted, type TestServer } from '../../support/postgres.ts'
import { randomName } from '../../support/random.ts'
import type { TestLogin } from '../../support/test-server.ts'
import { loginIn } from '../databases/secret-string.ts'
import { cloneOf } from '../databases/target.ts'
import { handOver, printed } from './hand-over.ts'
import { createClone, createRole } from './roles.ts'
import { bySuperuser, type PostgresType } from './secret-types.ts'

type Names = { readonly app: string; readonly shop: string }

/**
 * A clone owns and was granted what the base does not have. The statements of docs/from-aws-functions.md give it to the base:
 * after each of them both logins, and roles that the clone granted something, can do what they could, in new and in open sessions.
 * @param suite of alternating users
 */
export async function expectOwnRightsGoOver(
  server: TestServer,
  { secrets, ...suite }: Suite & { readonly type: PostgresType },
): Promise<void> {
  const made = await suite.type.make(secrets, bySuperuser(server))
  const target = await suite.stored(async () => made)
  const clone = await createClone(server, made.base)
  const names = { app: made.base.username, shop: randomName('s') }
  const [reader, second] = [randomName('r'), quoted(cloneOf(made.base))]
  await server.query(`CREATE DATABASE ${names.shop}`)
  await server.query(`CREATE ROLE ${reader}`)
  const other = await createRole(server, { attributes: `IN ROLE ${reader}` })
  const connect = ({ username: user, password }: TestLogin) =>
    connected({ host: server.host, port: server.port, database: names.shop, user, password })
  await using admin = await server.admin(names.shop)
  const run = async (sql: string) => (await admin.query(sql)).rows
  await run(ownRights(names, second, reader))
  await run(
    server.major < 16 ? `ALTER ROLE ${second} NOINHERIT` : `GRANT ${quoted(names.app)} TO ${second} WITH INHERIT FALSE`,
  )
  const refused = await expectFailure({ secrets }, target, { code: 'NotAClone', step: 'setSecret' })
  expect(refused.errorMessage).not.toMatch(/REASSIGN OWNED BY "/)

  await using cloneSession = await connect(clone)
  await using baseSession = await connect(made.base)
  await using otherSession = await connect(other)
  // The clone makes objects during the hand-over, for as long as it has default privileges.
  const tables: string[] = []
  let grantsOn = true
  async function proveWorking(statement: string): Promise<void> {
    await using newClone = await connect(clone)
    await using newBase = await connect(made.base)
    await using newOther = await connect(other)
    for (const client of [cloneSession, newClone]) await useAll(client)
    if (statement.startsWith(`ALTER DEFAULT PRIVILEGES FOR ROLE ${cloneOf(made.base)} `)) grantsOn = false
    const table = await makesTable(cloneSession)
    if (grantsOn) tables.push(table)
    const reads = tables.map((table) => `SELECT n FROM ${table};`).join('')
    for (const client of [cloneSession, newClone, baseSession, newBase])
      await client.query(`SELECT n FROM shared; ${reads}`)
    for (const client of [otherSession, newOther])
      await client.query(`SELECT n FROM given; SELECT n FROM own; SELECT n FROM seen; SELECT g(); ${reads}`)
  }

  await proveWorking('')
  await expectNoHarmByMaster(server, names, connect, proveWorking)
  await handOver(names, run, async (statement) => {
    await run(statement)
    await proveWorking(statement)
  })
  await using newBase = await connect(made.base)
  for (const client of [cloneSession, baseSession, newBase]) await useAll(client)
  expect(await printed(names, run)).toEqual([])
  await expectAskedFirst(names, run)
  const secretId = await secrets.store(target.value)
  await secrets.rotate(secretId)
  await using rotated = await connect(loginIn(await secrets.storedValue(secretId, 'AWSCURRENT')))
  await useAll(rotated)
  // Its new objects are the base's, and are granted as its own were.
  await rotated.query('CREATE TABLE later (n INT); CREATE FUNCTION h() RETURNS INT LANGUAGE sql AS $$SELECT 1$$')
  await otherSession.query('SELECT n FROM later')
  await expect(otherSession.query('SELECT h()')).rejects.toThrow('permission denied')
}

/** The clone by all that it has. */
async function useAll(client: AdminClient): Promise<void> {
  const temporary = randomName()
  await client.query(`SELECT a FROM "od d"."T"; SELECT nextval('numbers'); SELECT f(); INSERT INTO given VALUES (1);
    INSERT INTO own VALUES (1); CREATE TEMPORARY TABLE ${temporary} (n INT); DROP TABLE ${temporary}; SELECT n FROM behind; SELECT n FROM seen;
    SELECT g()`)
  // The row policy lets it see what it has written.
  expect((await client.query('SELECT n FROM given')).rows.length).toBeGreaterThan(0)
}

async function makesTable(client: AdminClient): Promise<string> {
  const table = randomName('t')
  await client.query(`CREATE TABLE ${table} (n INT)`)
  return table
}

/** As on RDS: a master that may not grant on others' objects runs the query and its statements, over and over. */
async function expectNoHarmByMaster(
  server: TestServer,
  names: Names,
  connect: (login: TestLogin) => Promise<AdminClient>,
  proveWorking: (statement: string) => Promise<void>,
): Promise<void> {
  const master = await createRole(server, { attributes: 'CREATEROLE' })
  await server.query(`GRANT ${quoted(names.app)}, ${quoted(`${names.app}_clone`)} TO ${quoted(master.username)}`)
  await using client = await connect(master)
  const query = async (sql: string) => (await client.query(sql)).rows
  for (let round = 0; round < 2; round++) {
    for (const statement of await printed(names, query)) await client.query(statement).catch(() => undefined)
    await proveWorking('')
  }
  const missing = await printed(names, query)
  expect(missing).toContain(`GRANT SELECT ON TABLE behind TO ${names.app};`)
  expect(missing.filter((statement) => /^REASSIGN|REVOKE SELECT ON TABLE/.test(statement))).toEqual([])
}

/** What only a person can decide is asked aloud, before the query prints a REASSIGN. */
async function expectAskedFirst(names: Names, run: (sql: string) => Promise<unknown>): Promise<void> {
  const [base, clone] = [quoted(names.app), quoted(`${names.app}_clone`)]
  await run(`CREATE FOREIGN DATA WRAPPER w; CREATE SERVER "it's" FOREIGN DATA WRAPPER w; CREATE USER MAPPING FOR ${clone} SERVER "it's";
    CREATE POLICY q ON given AS RESTRICTIVE TO ${clone} USING (false);
    CREATE TABLE last (); ALTER TABLE last OWNER TO ${clone}`)
  const asked = await printed(names, run)
  expect(asked).toHaveLength(2)
  const refusals = []
  for (const statement of asked) refusals.push(await run(statement).catch((error: Error) => error.message))
  expect(refusals.toSorted()).toEqual([
    expect.stringContaining('ALTER or DROP POLICY q ON given first'),
    expect.stringContaining(`CREATE USER MAPPING FOR ${names.app} SERVER "it's" first`),
  ])
  await run(`CREATE USER MAPPING FOR ${base} SERVER "it's"; DROP POLICY q ON given`)
  await handOver(names, run, run)
  await run(`DROP USER MAPPING FOR ${clone} SERVER "it's"`)
}

/** All kinds of what one role can have and another not. */
function ownRights({ app, shop }: Names, clone: string, reader: string) {
  return `CREATE SCHEMA "od d"; CREATE TABLE "od d"."T" (a INT, b INT); CREATE SEQUENCE numbers; CREATE TABLE given (n INT);
    CREATE FUNCTION f() RETURNS INT LANGUAGE sql AS 'SELECT 1'; REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC;
    GRANT USAGE ON SCHEMA "od d" TO ${clone}; GRANT SELECT (a) ON "od d"."T" TO ${clone};
    GRANT USAGE ON SEQUENCE numbers TO ${clone}; GRANT EXECUTE ON FUNCTION f() TO ${clone};
    GRANT SELECT, INSERT ON given TO ${clone} WITH GRANT OPTION; ALTER TABLE given ENABLE ROW LEVEL SECURITY;
    CREATE POLICY p ON given TO ${clone}, ${reader} USING (true) WITH CHECK (true);
    GRANT CREATE ON SCHEMA public TO ${clone}, ${quoted(app)};
    CREATE TABLE behind (n INT); GRANT SELECT ON behind TO ${clone};
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO ${clone};
    GRANT TEMPORARY ON DATABASE ${shop} TO ${clone}; REVOKE TEMPORARY ON DATABASE ${shop} FROM PUBLIC;
    SET ROLE ${clone}; GRANT SELECT ON given TO ${reader}; CREATE TABLE own (n INT); GRANT SELECT ON own TO ${reader};
    CREATE TABLE shared (n INT); GRANT SELECT ON shared TO ${quoted(app)};
    CREATE VIEW seen AS SELECT n FROM behind; GRANT SELECT ON seen TO ${reader};
    CREATE FUNCTION g() RETURNS BIGINT SECURITY DEFINER LANGUAGE sql AS 'SELECT count(*) FROM behind';
    ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${reader}, ${quoted(app)};
    ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; RESET ROLE`
}
