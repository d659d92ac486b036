import {
  type Connection,
  type ConnectionOptions,
  createConnection,
  createPool,
  type RowDataPacket,
} from 'mysql2/promise'
import type { MariadbSeries } from '../../local/servers/mariadb.ts'
import { type DatabaseServer, type ServerFacts, serverOfThisRun } from './test-server.ts'

/** A MySQL or MariaDB of this run. */
export interface TestServer extends DatabaseServer<AdminClient, Session> {
  readonly engine: 'mysql' | 'mariadb'
}

export type AdminClient = Connection & AsyncDisposable

export interface Session {
  /** Who logged in and from where, as USER() gives it: `app@localhost`. */
  readonly user: string
  /** The account that the server chose for it, as CURRENT_USER() gives it: `app@%`. */
  readonly current_user: string
  /** As CURRENT_ROLE() gives it: MySQL's has backquotes and NONE for none, MariaDB's is a name or null. */
  readonly current_role: string | null
}

/**
 * A running MySQL with its general log on.
 * @throws Error which says why it cannot be had, and fails the file that asks
 */
export function mysqlServer(): Promise<TestServer> {
  return ofThisRun('mysql', 'mysql')
}

/** The same with MariaDB. */
export function mariadbServer(series: MariadbSeries): Promise<TestServer> {
  return ofThisRun('mariadb', `mariadb/${series}`)
}

async function ofThisRun(engine: TestServer['engine'], path: string): Promise<TestServer> {
  const { facts, readLog } = await serverOfThisRun(path)
  return testServer(engine, facts, readLog)
}

/** A server that somebody has started. */
export function testServer(
  engine: TestServer['engine'],
  about: ServerFacts,
  readLog: (after: number) => Promise<string>,
): TestServer {
  const { host, port, superuser } = about
  const root = { host, port, user: superuser.username, password: superuser.password }
  const pool = createPool({ ...root, connectionLimit: 4, idleTimeout: 500, maxIdle: 0 })
  pool.on('connection', (connection) => connection.query(unlogged))
  return {
    ...about,
    engine,
    label: `${engine === 'mysql' ? 'MySQL' : 'MariaDB'} ${about.version}`,
    async admin(database) {
      const client = await connected({ ...root, ...(database !== undefined && { database }) })
      await client.query(unlogged)
      return client
    },
    async query<Row extends object>(sql: string, values: readonly unknown[] = []) {
      const [rows] = await pool.query<RowDataPacket[]>(sql, [...values])
      return rows as unknown as Row[]
    },
    async login({ username, password, database }) {
      try {
        const wanted = { host, port, user: username, password, ...(database !== undefined && { database }) }
        await using client = await connected(wanted)
        const asked = 'SELECT USER() AS user, CURRENT_USER() AS `current_user`, CURRENT_ROLE() AS `current_role`'
        const [rows] = await client.query<(Session & RowDataPacket)[]>(asked)
        return rows[0]
      } catch (error) {
        if (error instanceof Error && 'errno' in error && error.errno === 1045) return undefined
        throw error
      }
    },
    log: (after = 0) => readLog(after),
  }
}

const unlogged = 'SET SESSION sql_log_off = ON'

/** A client that is connected, without TLS unless the options say otherwise, and ends when it is disposed of. */
export async function connected(options: ConnectionOptions): Promise<AdminClient> {
  const client = await createConnection(options)
  client.on('error', () => undefined)
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}

/** A name as SQL writes it, in every sql_mode. */
export function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}
