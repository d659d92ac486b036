import { type MariadbSeries, startMariadb } from '../../../local/servers/mariadb.ts'
import { type TestServer, testServer } from '../../support/mysql.ts'

/** A MariaDB of a suite's own: what is set on it, or loaded into it, holds for everybody who uses it. */
export async function ownServer(
  series: MariadbSeries,
  settings: Readonly<Record<string, string>> = {},
): Promise<TestServer & AsyncDisposable> {
  const server = await startMariadb(series, { 'general-log': 'ON', ...settings })
  const view = testServer('mariadb', server, async (after) => server.log().slice(after))
  return { ...view, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}
