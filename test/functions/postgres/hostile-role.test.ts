import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { suiteFor } from '../../contract/suite.ts'
import { type AdminClient, postgresServer, quoted } from '../../support/postgres.ts'
import { randomName } from '../../support/random.ts'
import { literal } from './roles.ts'
import { alternatingUsers, bySuperuser } from './secret-types.ts'

/** Signatures of functions of pg_catalog that a statement might call without naming the schema. */
const functions: Readonly<Record<string, readonly [parameters: string, returns: string, body: string]>> = {
  split_part: ['text, text, integer', 'text', 'pg_catalog.split_part($1, $2, $3)'],
  substr: ['text, integer', 'text', 'pg_catalog.substr($1, $2)'],
  strpos: ['text, text', 'integer', 'pg_catalog.strpos($1, $2)'],
  set_config: ['text, text, boolean', 'text', 'pg_catalog.set_config($1, $2, $3)'],
  current_setting: ['text', 'text', 'pg_catalog.current_setting($1)'],
  current_database: ['', 'name', 'pg_catalog.current_database()'],
  pg_has_role: ['name, oid, text', 'boolean', 'pg_catalog.pg_has_role($1, $2, $3)'],
  to_jsonb: ['anyelement', 'jsonb', 'pg_catalog.to_jsonb($1)'],
  unnest: ['text[]', 'SETOF text', 'pg_catalog.unnest($1)'],
  now: ['', 'timestamptz', 'pg_catalog.now()'],
}

/** Operators of pg_catalog between types that the statements of a rotation compare. */
const operators: readonly (readonly [name: string, left: string, right: string, returns: string, as: string])[] = [
  ['=', 'name', 'name', 'boolean', 'nameeq'],
  ['=', 'name', 'text', 'boolean', 'nameeqtext'],
  ['=', 'text', 'text', 'boolean', 'texteq'],
  ['=', 'oid', 'oid', 'boolean', 'oideq'],
  ['+', 'integer', 'integer', 'integer', 'int4pl'],
  ['->>', 'jsonb', 'text', 'text', 'jsonb_object_field_text'],
  ['<=', 'timestamptz', 'timestamptz', 'boolean', 'timestamptz_le'],
]

for (const major of [18, 15] as const) {
  const server = await postgresServer(major)
  const suite = await suiteFor(alternatingUsers(server, 'missing'))
  const { secrets, type } = suite
  const database = randomName('hostile')

  /** A base that owns its database, and has laid traps there for logins with more rights. */
  async function trapped() {
    const made = await type.make(secrets, bySuperuser(server))
    const value = JSON.stringify({ ...JSON.parse(made.value), dbname: database })
    const base = quoted(made.base.username)
    await admin.query(`ALTER DATABASE ${database} OWNER TO ${base}`)
    await admin.query(`CREATE SCHEMA evil AUTHORIZATION ${base}`)
    await admin.query(`GRANT ALL ON SCHEMA public TO ${base}`)
    await admin.query(`CREATE TABLE evil.caught (what text, by text)`)
    await admin.query(`GRANT ALL ON evil.caught TO PUBLIC; GRANT ALL ON SCHEMA evil TO PUBLIC`)
    await admin.query(`SET ROLE ${base}`)
    for (const schema of ['evil', 'public']) for (const trap of traps(schema)) await admin.query(trap)
    await admin.query('RESET ROLE')
    const path = 'evil, public, pg_catalog'
    await admin.query(`ALTER DATABASE ${database} SET search_path = ${path}`)
    await admin.query(`ALTER ROLE ${base} SET search_path = ${path}`)
    return {
      ...(await suite.stored(async () => ({
        ...made,
        value,
        works: async (text) => (await server.login({ ...JSON.parse(text), database })) !== undefined,
      }))),
      base,
    }
  }
  let admin: AdminClient

  describe(`a role that lays traps, on ${server.label}`, { meta: { server: server.label } }, () => {
    beforeAll(async () => {
      await server.query(`CREATE DATABASE ${database}`)
      admin = await server.admin(database)
    })
    afterAll(async () => {
      await admin[Symbol.asyncDispose]()
      await secrets[Symbol.asyncDispose]()
    })

    it('gets none of its functions and operators executed by the superuser, in any step', async () => {
      const target = await trapped()
      for (let round = 0; round < 2; round++) {
        const rotation = await secrets.begin(target.secretId)
        await rotation.run('createSecret', 'setSecret', 'setSecret', 'testSecret', 'finishSecret')
        await rotation.end()
      }
      expect((await admin.query('SELECT * FROM evil.caught')).rows).toEqual([])
      expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
      expect(await server.query('SELECT rolsuper FROM pg_roles WHERE rolname = $1', [target.logins[0]])).toEqual([
        { rolsuper: false },
      ])

      // The traps do work: a statement that names no schema is caught.
      await using careless = await server.admin(database)
      await careless.query("SELECT split_part('a=b', '=', 1), 'a'::text = 'b'::text, now()")
      const { rows } = await admin.query<{ what: string; by: string }>('SELECT DISTINCT what, by FROM evil.caught')
      expect(rows.map(({ what }) => what).toSorted()).toEqual(['now', 'split_part', 'texteq'])
    })

    it('may have its database set up for odd sessions: the clone still becomes what the base is', async () => {
      const made = await type.make(secrets, bySuperuser(server))
      const base = quoted(made.base.username)
      const odd = randomName('odd')
      await server.query(`CREATE DATABASE ${odd} OWNER ${base}`)
      for (const setting of [
        'standard_conforming_strings = off',
        'default_transaction_read_only = on',
        "default_transaction_isolation = 'serializable'",
        "client_encoding = 'LATIN1'",
        "DateStyle = 'German'",
        "timezone = 'Asia/Kathmandu'",
        `role = ${base}`,
      ]) {
        await server.query(`ALTER DATABASE ${odd} SET ${setting}`)
      }
      await server.query(`ALTER ROLE ${base} SET app.odd = ${await literal(server, `\\' "; \\\\ %s é`)}`)
      await server.query(`ALTER ROLE ${base} VALID UNTIL '2099-05-06 07:08:09+02'`)
      const value = JSON.stringify({ ...JSON.parse(made.value), dbname: odd })
      const works = async (text: string) => (await server.login({ ...JSON.parse(text), database: odd })) !== undefined
      const target = await suite.stored(async () => ({ ...made, value, works }))
      for (let round = 0; round < 2; round++) await secrets.rotate(target.secretId)
      const rows = await server.query(
        `SELECT rolvaliduntil, array_remove(rolconfig, 'role=' || $1) AS config FROM pg_roles WHERE rolname IN ($1, $1 || '_clone')`,
        [made.base.username],
      )
      expect(rows).toHaveLength(2)
      expect(rows[0]).toEqual(rows[1])
      expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
    })

    it('leaves no secret value in any output', async () => {
      await suite.expectNoLeak(await server.log())
    })
  })
}

function traps(schema: string): string[] {
  const note = (what: string) => `INSERT INTO evil.caught VALUES ('${what}', current_user)`
  const ofFunctions = Object.entries(functions).map(
    ([name, [parameters, returns, body]]) =>
      `CREATE FUNCTION ${schema}.${name}(${parameters}) RETURNS ${returns} LANGUAGE sql VOLATILE
       SET search_path = pg_catalog AS $f$ ${note(name)}; SELECT ${body} $f$`,
  )
  const ofOperators = operators.flatMap(([name, left, right, returns, as]) => [
    `CREATE FUNCTION ${schema}.${as}(${left}, ${right}) RETURNS ${returns} LANGUAGE sql VOLATILE
     SET search_path = pg_catalog AS $f$ ${note(as)}; SELECT pg_catalog.${as}($1, $2) $f$`,
    `CREATE OPERATOR ${schema}.${name} (FUNCTION = ${schema}.${as}, LEFTARG = ${left}, RIGHTARG = ${right})`,
  ])
  return [...ofFunctions, ...ofOperators]
}
