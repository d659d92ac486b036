import { setTimeout as sleep } from 'node:timers/promises'
import { Client, type ClientConfig, DatabaseError, escapeIdentifier, Pool } from 'pg'
import type { PostgresMajor } from '../../local/servers/postgres.ts'
import { randomName } from './random.ts'
import { type DatabaseServer, type ServerFacts, serverOfThisRun } from './test-server.ts'

/** A PostgreSQL of this run. */
export interface TestServer extends DatabaseServer<AdminClient, Session> {
  /** For instance 18. */
  readonly major: number
}

export type AdminClient = Client & AsyncDisposable

export interface Session {
  readonly session_user: string
  readonly current_user: string
}

/**
 * A running PostgreSQL with log_statement=all and log_connections=on.
 * @throws Error which says why it cannot be had, and fails the file that asks
 */
export async function postgresServer(major: PostgresMajor): Promise<TestServer> {
  const { facts, readLog } = await serverOfThisRun(`postgres/${major}`)
  return testServer(major, facts, readLog)
}

/** A server that a suite has started for itself. Logins that prove something are made with TLS if they have to be. */
export function testServer(
  major: number,
  about: ServerFacts,
  readLog: (after: number) => Promise<string>,
  loginsNeedTls = false,
): TestServer {
  const { host, port, superuser } = about
  const options = '-c log_statement=none -c log_min_error_statement=panic'
  const quiet = { host, port, user: superuser.username, password: superuser.password, options, ssl: false }
  const admin = (database = 'postgres') => connected({ ...quiet, database })
  const pool = new Pool({ ...quiet, database: 'postgres', max: 4, allowExitOnIdle: true, idleTimeoutMillis: 500 })
  pool.on('error', () => undefined)
  return {
    ...about,
    major,
    label: `PostgreSQL ${about.version}`,
    admin,
    async query<Row extends object>(sql: string, values: readonly unknown[] = []) {
      return (await pool.query<Row>(sql, [...values])).rows
    },
    async login({ username, password, database = 'postgres' }) {
      try {
        const ssl = loginsNeedTls && { rejectUnauthorized: false }
        await using client = await connected({ host, port, database, user: username, password, ssl })
        const { rows } = await client.query<Session>('SELECT session_user, current_user')
        return rows[0]
      } catch (error) {
        if (error instanceof DatabaseError && error.code === '28P01') return undefined
        throw error
      }
    },
    async log(after = 0) {
      // The log comes through a pipe: a line of our own tells when everything before it has arrived.
      const marker = `marker-${randomName()}`
      await pool.query(`DO $$ BEGIN RAISE LOG '${marker}'; END $$`)
      for (;;) {
        const text = await readLog(after)
        if (text.includes(marker)) return text
        await sleep(5)
      }
    },
  }
}

/** A client that is connected, without TLS unless the configuration says otherwise, and ends when it is disposed of. */
export async function connected(config: ClientConfig): Promise<AdminClient> {
  const client = new Client({ ssl: false, ...config })
  client.on('error', () => undefined)
  await client.connect()
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}

export const quoted = escapeIdentifier
