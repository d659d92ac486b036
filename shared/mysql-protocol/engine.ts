import type { DatabaseEngine, DatabaseSession } from '../database/engine.ts'
import { wholeNumber } from '../password.ts'
import type { RotationContext } from '../rotation/context.ts'
import { RotationError } from '../rotation/errors.ts'
import { connect, type ServerConnection } from './connection.ts'
import { checkServer } from './server-checks.ts'

export interface MysqlKind<Session> {
  readonly name: 'mysql' | 'mariadb'
  readonly engines: readonly [string, ...string[]]
  /** The most characters that a user name may have on any version of the server. */
  readonly nameLimit: number
  /** The most characters that a password may have. */
  readonly passwordLimit: number
  session(connection: ServerConnection, context: RotationContext): Session
}

/** An engine for one of the two servers that speak MySQL's protocol; the other one is refused by its name. */
export function mysqlEngine<Session extends DatabaseSession>(kind: MysqlKind<Session>): DatabaseEngine<Session> {
  const { name, engines, nameLimit, passwordLimit } = kind
  return {
    ...{ name, engines, passwordLimit, defaultPort: 3306 },
    // A login needs none.
    defaultDatabase: undefined,
    checkName(username) {
      const wished = process.env.USERNAME_CHARACTER_LIMIT
      const limit = wholeNumber('USERNAME_CHARACTER_LIMIT', wished, { default: nameLimit, min: 1, max: nameLimit })
      if ([...username].length <= limit) return
      throw new RotationError(
        'NameTooLong',
        `Unable to clone user, username length with _clone appended would exceed ${limit} characters.`,
      )
    },
    async connect(login, context) {
      const connection = await connect(login, context)
      try {
        checkServer(name, connection)
      } catch (error) {
        await connection.close()
        throw error
      }
      return kind.session(connection, context)
    },
  }
}
