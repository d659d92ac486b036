import { type MariadbSeries, startMariadb } from '../../local/servers/mariadb.ts'
import { startMysql } from '../../local/servers/mysql.ts'
import type { MysqlServer } from '../../local/servers/mysql-process.ts'
import { type TestServer, testServer } from './mysql.ts'

/** Ends when it is disposed of. */
export type OwnServer = TestServer & AsyncDisposable

/** A MySQL of a suite's own: what is set on it, or loaded into it, holds for everybody who uses it. */
export async function ownMysql(settings: Readonly<Record<string, string>> = {}): Promise<OwnServer> {
  return own('mysql', await startMysql({ 'general-log': 'ON', ...settings }))
}

/** The same with MariaDB. */
export async function ownMariadb(
  series: MariadbSeries,
  settings: Readonly<Record<string, string>> = {},
): Promise<OwnServer> {
  return own('mariadb', await startMariadb(series, { 'general-log': 'ON', ...settings }))
}

function own(engine: TestServer['engine'], started: MysqlServer): OwnServer {
  const server = testServer(engine, started, async (after) => started.log().slice(after))
  return { ...server, [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() }
}
