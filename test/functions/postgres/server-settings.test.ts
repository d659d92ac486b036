import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hearGreeting } from '../../../functions/postgres/greeting.ts'
import { type PostgresServer, startPostgres } from '../../../local/servers/postgres.ts'
import { suiteFor } from '../../contract/suite.ts'
import { quoted, type TestServer, testServer } from '../../support/postgres.ts'
import { randomName } from '../../support/random.ts'
import { serverFiles } from '../../support/server-files.ts'
import type { TestLogin } from '../../support/test-server.ts'
import { loginIn } from '../databases/secret-string.ts'
import { withEnv } from '../databases/tls-cases.ts'
import { alternatingUsers, type PostgresType, singleUser } from './secret-types.ts'

const settings = {
  password_encryption: 'md5',
  synchronous_commit: 'off',
  log_statement: 'all',
  // A commit that is not flushed stays in memory, and a crash takes it back.
  wal_writer_delay: '10s',
}

describe('a server that is set up in its own way', { meta: { server: 'PostgreSQL 15 (server of its own)' } }, () => {
  let started: PostgresServer
  let server: TestServer
  let files: Awaited<ReturnType<typeof serverFiles<'hba'>>>
  beforeAll(async () => {
    const [scramAlone, rest] = ['host all +scram_alone all scram-sha-256', 'host all all 127.0.0.1/32 md5']
    files = await serverFiles({ hba: `${scramAlone}\n${rest}\n` })
    started = await startPostgres(15, { ...settings, hba_file: files.paths.hba })
    server = testServer(15, started, async (after) => started.log().slice(after))
  })
  afterAll(async () => {
    await started[Symbol.asyncDispose]()
    await files[Symbol.asyncDispose]()
  })

  const strategies: readonly (readonly [string, () => PostgresType])[] = [
    ['single-user', () => singleUser(server)],
    ['alternating-users', () => alternatingUsers(server, 'missing')],
  ]

  async function kept({ username }: TestLogin): Promise<string> {
    const [row] = await server.query<{ text: string }>('SELECT rolpassword AS text FROM pg_authid WHERE rolname = $1', [
      username,
    ])
    return row?.text ?? ''
  }

  /** Rotates once. @returns the login of AWSCURRENT, and what was logged */
  async function rotated(type: PostgresType, prepare: (username: string) => Promise<unknown> = async () => undefined) {
    const suite = await suiteFor(type)
    await using _ = suite.secrets
    const target = await suite.stored()
    await prepare(quoted(loginIn(target.value).username))
    const start = (await server.log()).length
    await suite.secrets.rotate(target.secretId)
    const value = await target.stagedValue('AWSCURRENT')
    expect(await target.works(value)).toBe(true)
    await suite.expectNoLeak(await server.log(start))
    return { login: loginIn(value), output: suite.secrets.output() }
  }

  for (const [name, type] of strategies) {
    it(`${name}: password_encryption=md5 gives the md5 form that the server would make`, async () => {
      const { login, output } = await rotated(type())
      const { username: user, password } = login
      expect(await kept(login)).toBe(`md5${createHash('md5').update(`${password}${user}`).digest('hex')}`)
      expect(output).toContain('sent the password in the form md5')

      const { host, port } = server
      const client = new Client({ host, port, user, password, database: 'postgres', ssl: false })
      const greeting = hearGreeting(client)
      await client.connect()
      await client.end()
      expect(greeting.asked).toBe('md5')
    })

    it(`${name}: POSTGRES_PASSWORD_FORMAT decides where it is set`, async () => {
      const { login } = await rotated(
        withEnv(type(), { DATABASE_CA_BUNDLE: server.ca, POSTGRES_PASSWORD_FORMAT: 'scram-sha-256' }),
      )
      expect(await kept(login)).toMatch(/^SCRAM-SHA-256\$/)
    })
  }

  it('single-user: a role that logs in by SCRAM still does, with any password_encryption', async () => {
    const type = singleUser(server)
    const scram = { ...type, fresh: (store: Parameters<typeof type.fresh>[0]) => type.make(store, { scram: true }) }
    const { login } = await rotated(scram)
    expect(await kept(login)).toMatch(/^SCRAM-SHA-256\$/)
  })

  it('alternating-users: two logins that pg_hba.conf admits by SCRAM alone still get in, with any password_encryption', async () => {
    const type = alternatingUsers(server, 'missing')
    await server.query('CREATE ROLE scram_alone NOLOGIN')
    const scram = { ...type, fresh: (store: Parameters<typeof type.fresh>[0]) => type.make(store, { scram: true }) }
    const { login } = await rotated(scram, (role) => server.query(`GRANT scram_alone TO ${role}`))
    expect(login.username).toMatch(/_clone$/)
    expect(await kept(login)).toMatch(/^SCRAM-SHA-256\$/)
  })

  it('single-user: password_encryption of the role itself counts', async () => {
    const { login } = await rotated(singleUser(server), (role) =>
      server.query(`ALTER ROLE ${role} SET password_encryption = 'scram-sha-256'`),
    )
    expect(await kept(login)).toMatch(/^SCRAM-SHA-256\$/)
  })

  it('alternating-users: the second user runs as the first does where a setting for all names a role', async () => {
    const suite = await suiteFor(alternatingUsers(server, 'missing'))
    await using _ = suite.secrets
    const target = await suite.stored()
    const owner = randomName('owner')
    await server.query(`CREATE ROLE ${owner} NOLOGIN`)
    await server.query(`GRANT ${owner} TO ${quoted(loginIn(target.value).username)}`)
    // A session from before: those that come after run as that role, too.
    await using admin = await server.admin()
    await admin.query(`ALTER ROLE ALL SET role = ${owner}`)
    for (let round = 0; round < 2; round++) {
      await suite.secrets.rotate(target.secretId)
      const { AWSCURRENT = '', AWSPREVIOUS = '' } = await target.staged()
      for (const value of [AWSCURRENT, AWSPREVIOUS])
        expect(await server.login(loginIn(value))).toMatchObject({ current_user: owner })
    }
    await admin.query('ALTER ROLE ALL RESET role')
  })

  for (const [name, type] of strategies) {
    it(`${name}: what was promoted survives a crash, though synchronous_commit is off`, async () => {
      const suite = await suiteFor(type())
      await using _ = suite.secrets
      const target = await suite.stored()
      // The crash must not take back the target itself.
      await server.query('CHECKPOINT')
      await suite.secrets.rotate(target.secretId)
      await crash()
      expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
    })
  }

  /** A server process that is killed takes the shared memory of all with it: the server recovers from what is on disk. */
  async function crash(): Promise<void> {
    const [row] = await server.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'",
    )
    const start = started.log().length
    process.kill(row?.pid ?? 0, 'SIGKILL')
    while (!started.log().slice(start).includes('database system is ready to accept connections')) await sleep(20)
  }
})
