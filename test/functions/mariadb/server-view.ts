import type { DatabaseTypeUnderTest } from '../../contract/database.ts'
import { connected, type TestLogin, type TestServer } from '../../support/mysql.ts'
import { watchLogins } from '../../support/mysql-view.ts'
import { randomPassword } from '../../support/random.ts'

/** The name and password of a SecretString. */
export function loginIn(value: string): TestLogin {
  const { username, password, dbname } = JSON.parse(value) as Record<'username' | 'password' | 'dbname', string>
  return { username, password, database: dbname }
}

/** What a MariaDB can tell of what was done to it, and what is done to it by hand. */
export function serverView(
  server: TestServer,
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
      const accounts = await server.query<{ host: string }>('SELECT Host AS host FROM mysql.user WHERE User = ?', [
        username,
      ])
      for (const { host } of accounts)
        await server.query('ALTER USER ?@? IDENTIFIED BY ?', [username, host, randomPassword()])
    },
  }
}
