import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PostgresServer, startPostgres } from '../../../local/servers/postgres.ts'
import type { ErrorCode } from '../../../shared/errors/catalogue.ts'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { quoted, type TestServer, testServer } from '../../support/postgres.ts'
import { randomName } from '../../support/random.ts'
import { serverFiles } from '../../support/server-files.ts'
import { loginIn } from '../databases/secret-string.ts'
import { withEnv } from '../databases/tls-cases.ts'
import { alternatingUsers, type PostgresType, singleUser } from './secret-types.ts'

// Nobody answers to ident here, as nobody admits a password to PAM on RDS: both end in the same routine of the server.
const hba = [
  'host all +rds_iam 127.0.0.1/32 ident',
  'host all +elsewhere 127.0.0.1/32 reject',
  'host all all 127.0.0.1/32 scram-sha-256',
]

describe('logins and passwords that are refused', { meta: { server: 'PostgreSQL 18 (server of its own)' } }, () => {
  let started: PostgresServer
  let server: TestServer
  let files: Awaited<ReturnType<typeof serverFiles<'hba'>>>
  beforeAll(async () => {
    files = await serverFiles({ hba: `${hba.join('\n')}\n` })
    const settings = { shared_preload_libraries: 'passwordcheck', 'passwordcheck.min_password_length': '10' }
    started = await startPostgres(18, { ...settings, log_statement: 'all', hba_file: files.paths.hba })
    server = testServer(18, started, async (after) => started.log().slice(after))
    await server.query('CREATE ROLE rds_iam NOLOGIN; CREATE ROLE elsewhere NOLOGIN')
  })
  afterAll(async () => {
    await started[Symbol.asyncDispose]()
    await files[Symbol.asyncDispose]()
  })

  /**
   * Changes something about a login or its database, and expects setSecret to fail.
   * @param mends finds a statement in the error's text that is run then, and after which the secret is rotated
   * @returns the error's text
   */
  async function failing(
    type: PostgresType,
    code: ErrorCode,
    change: (role: string, database: string) => Promise<unknown>,
    mends?: RegExp,
  ): Promise<string> {
    const suite = await suiteFor(type)
    await using _ = suite.secrets
    const database = randomName('own')
    await server.query(`CREATE DATABASE ${database}`)
    const target = await suite.stored((store) => type.withFields(store, { dbname: `"${database}"` }))
    await change(quoted(loginIn(target.value).username), database)
    const { errorMessage } = await expectFailure(suite, target, { code, step: 'setSecret', stillWorks: false })
    // The server writes down a password in clear text, of which the variable's documentation warns.
    const clear = type.function.env?.POSTGRES_PASSWORD_FORMAT === 'cleartext'
    await suite.expectNoLeak(...(clear ? [] : [await server.log()]))
    if (mends !== undefined) {
      await server.query(mends.exec(errorMessage)?.[1] ?? 'the error prints no such statement')
      await suite.secrets.rotate(await suite.secrets.store(target.value))
    }
    return errorMessage
  }

  for (const [name, type] of [
    ['single-user', () => singleUser(server)],
    ['alternating-users', () => alternatingUsers(server, 'missing')],
  ] as const) {
    it(`${name}: a member of rds_iam is LoginMethod, with the REVOKE, and without a word about TLS`, async () => {
      const change = (role: string) => server.query(`GRANT rds_iam TO ${role}`)
      const text = await failing(type(), 'LoginMethod', change, /(REVOKE rds_iam FROM .*?;)/)
      expect(text).not.toContain('"ssl"')
    })

    it(`${name}: a line of pg_hba.conf that rejects is AddressRefused over TLS`, async () => {
      const text = await failing(type(), 'AddressRefused', (role) => server.query(`GRANT elsewhere TO ${role}`))
      expect(text).not.toContain('"ssl"')
    })

    it(`${name}: a database that admits nobody is named, with the statement, and no retry`, async () => {
      const text = await failing(
        type(),
        'DatabaseFailed',
        (_, database) => server.query(`ALTER DATABASE ${database} ALLOW_CONNECTIONS false`),
        /(ALTER DATABASE "\w+" ALLOW_CONNECTIONS true;)/,
      )
      expect(text).toContain('Trying again does not help.')
    })

    it(`${name}: a login trigger that refuses is named, and no retry`, async () => {
      const text = await failing(type(), 'DatabaseFailed', async (_, database) => {
        await using admin = await server.admin(database)
        await admin.query(`CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
          IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = session_user) THEN RAISE 'not now'; END IF; END $$`)
        await admin.query('CREATE EVENT TRIGGER no ON login EXECUTE FUNCTION no()')
      })
      expect(text).toContain('login trigger')
      expect(text).toContain('Trying again does not help.')
    })

    it(`${name}: a password that passwordcheck refuses is PasswordRejected`, async () => {
      const env = { DATABASE_CA_BUNDLE: server.ca, POSTGRES_PASSWORD_FORMAT: 'cleartext', PASSWORD_LENGTH: '8' }
      const text = await failing(withEnv(type(), env), 'PasswordRejected', async () => undefined)
      expect(text).toContain('POSTGRES_PASSWORD_FORMAT')
    })
  }

  it('setSecret notes policies and views that ask for session_user, when it makes the second user', async () => {
    const type = alternatingUsers(server, 'missing')
    const suite = await suiteFor(type)
    await using _ = suite.secrets
    const database = randomName('noted')
    await server.query(`CREATE DATABASE ${database}`)
    await using admin = await server.admin(database)
    await admin.query(`CREATE TABLE notes (owner text);
      CREATE POLICY mine ON notes USING (owner = session_user); CREATE POLICY ours ON notes USING (owner = current_user);
      CREATE VIEW my_notes AS SELECT * FROM notes WHERE owner = session_user; CREATE VIEW all_notes AS SELECT * FROM notes`)
    const target = await suite.stored((store) => type.withFields(store, { dbname: `"${database}"` }))
    await suite.secrets.rotate(target.secretId)
    const found = /asks for session_user, which differs between the two logins: ([^"]*)"/.exec(
      suite.secrets.output(),
    )?.[1]
    expect(found).toBe('policy mine of public.notes, view public.my_notes')
  })
})
