import type { DatabaseTypeUnderTest } from '../../contract/database.ts'
import { connected, quoted, type TestServer } from '../../support/postgres.ts'
import { randomPassword } from '../../support/random.ts'
import { loginIn } from '../databases/secret-string.ts'
import { literal } from './roles.ts'

/** How tests see what was done to a PostgreSQL, and change it by hand. */
export function serverView(
  server: TestServer,
): Pick<DatabaseTypeUnderTest, 'watchLogins' | 'openSession' | 'changeByHand'> {
  return {
    async watchLogins({ logins }) {
      const start = (await server.log()).length
      return {
        async stop() {
          const lines = (await server.log(start)).split('\n')
          const accepted = (name: string) => (line: string) =>
            line.includes(`connection authorized: user=${name} `) && line.includes('application_name=keyturn')
          const refused = (name: string) => (line: string) =>
            line.includes(`password authentication failed for user "${name}"`)
          const count = (test: typeof accepted) => logins.flatMap((name) => lines.filter(test(name))).length
          return { accepted: count(accepted), refused: count(refused) }
        },
      }
    },
    async openSession(value) {
      const { username: user, password, database } = loginIn(value)
      const client = await connected({
        host: server.host,
        port: server.port,
        user,
        password,
        database: String(database),
      })
      return { use: () => client.query('SELECT 1'), [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() }
    },
    async changeByHand(value) {
      const password = await literal(server, randomPassword())
      await server.query(`ALTER ROLE ${quoted(loginIn(value).username)} PASSWORD ${password}`)
    },
  }
}
