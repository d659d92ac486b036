import type { DatabaseEngine, DatabaseSession } from '../database/engine.ts'
import { type Environment, oneOf, wholeNumber } from '../environment.ts'
import { RotationError } from '../errors/rotation-error.ts'
import { say } from '../errors/words.ts'
import type { PasswordRules } from '../password.ts'
import { connect, type ServerConnection } from './connection.ts'
import { whyRefused } from './errors.ts'
import { literal } from './quoting.ts'
import { checkServer } from './server-checks.ts'

export interface MysqlKind<Session> {
  readonly name: 'mysql' | 'mariadb'
  readonly engines: readonly [string, ...string[]]
  /** The most characters that a user name may have on any version of the server. */
  readonly nameLimit: number
  readonly passwordRules: PasswordRules
  session(connection: ServerConnection): Session
}

/**
 * An engine for one of the two servers that speak MySQL's protocol; the other one is refused by its name.
 * @throws RotationError InvalidConfiguration
 */
export function mysqlEngine<Session extends DatabaseSession>(
  kind: MysqlKind<Session>,
  env: Environment,
): DatabaseEngine<Session> {
  const { name, engines, nameLimit, passwordRules } = kind
  const limit = wholeNumber('USERNAME_CHARACTER_LIMIT', env, { default: nameLimit, min: 1, max: nameLimit })
  return {
    name,
    engines,
    passwordRules,
    updateUrls: oneOf('UPDATE_URLS', env, ['true', 'false']) === 'true',
    caBundle: env.DATABASE_CA_BUNDLE,
    defaultPort: 3306,
    whyRefused,
    endSessions: (username) =>
      say`Sessions that are open go on. To end them, run what this gives: SELECT CONCAT('KILL ', id, ';') FROM information_schema.processlist WHERE user = ${literal(username)};`,
    // A login needs none.
    defaultDatabase: undefined,
    checkName(username) {
      if ([...username].length <= limit) return
      const what = say`Unable to clone user, username length with _clone appended would exceed ${limit} characters.`
      throw new RotationError('NameTooLong', what)
    },
    async connect(login, context) {
      const connection = await connect(login, context)
      try {
        checkServer(name, connection)
      } catch (error) {
        await connection.close()
        throw error
      }
      return kind.session(connection)
    },
  }
}
