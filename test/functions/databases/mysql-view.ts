import type { DatabaseTypeUnderTest } from '../../contract/database.ts'
import { connected, type TestServer } from '../../support/mysql.ts'
import { watchLogins } from '../../support/mysql-view.ts'
import { loginIn } from './secret-string.ts'

/**
 * How tests see what was done to a MySQL or a MariaDB, and change it by hand.
 * @param changePassword gives an account another password, and no second one
 */
export function mysqlView(
  server: TestServer,
  changePassword: (user: string, host: string) => Promise<unknown>,
): Pick<DatabaseTypeUnderTest, 'watchLogins' | 'openSession' | 'changeByHand'> {
  return {
    watchLogins: ({ logins }) => watchLogins(server, logins),
    async openSession(value) {
      const { host, port } = server
      const { username: user, password } = loginIn(value)
      const client = await connected({ host, port, user, password })
      return { use: () => client.query('SELECT 1'), [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() }
    },
    async changeByHand(value) {
      const { username } = loginIn(value)
      const query = 'SELECT Host AS host FROM mysql.user WHERE User = ?'
      for (const { host } of await server.query<{ host: string }>(query, [username]))
        await changePassword(username, host)
    },
  }
}
