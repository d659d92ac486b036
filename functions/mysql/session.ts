import type { DualPasswordSession, TwinSession } from '../../shared/database/engine.ts'
import type { ServerConnection } from '../../shared/mysql-protocol/connection.ts'
import { accountName } from '../../shared/mysql-protocol/quoting.ts'
import { checkWritable } from '../../shared/mysql-protocol/server-checks.ts'
import { checkSupported } from '../../shared/mysql-protocol/server-version.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import { discardSecond, replaceOwnPassword } from './own-password.ts'
import { checkLength } from './password-limit.ts'
import { addPassword } from './second-password.ts'
import { checkTwin, ensureTwin } from './twin.ts'
import { alternatingUsersVersions, dualPasswordVersions, singleUserVersions } from './versions.ts'

/** @param newPassword makes a password for an account whose own one comes later */
export function mysqlSession(
  connection: ServerConnection,
  newPassword: () => string,
  context: RotationContext,
): DualPasswordSession & TwinSession {
  return {
    account: accountName(connection.account),
    settle: () => discardSecond(connection),
    async setPassword(password) {
      checkWritable(connection)
      checkSupported(connection, singleUserVersions, context)
      checkLength(password)
      await replaceOwnPassword(connection, password, context)
    },
    async addPassword(username, passwords) {
      checkWritable(connection)
      checkSupported(connection, dualPasswordVersions, context)
      checkLength(passwords.next)
      await addPassword(connection, username, passwords, context)
    },
    async ensureTwin(names, next, previousPassword) {
      checkWritable(connection)
      checkSupported(connection, alternatingUsersVersions, context)
      checkLength(next.password)
      await ensureTwin(connection, names, { ...next, newPassword }, previousPassword, context)
    },
    checkTwin: (names) => checkTwin(connection, names),
    [Symbol.asyncDispose]: () => connection.close(),
  }
}
