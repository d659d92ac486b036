import type { DualPasswordSession, TwinNames, TwinSession } from '../../shared/database/engine.ts'
import type { ServerConnection } from '../../shared/mysql-protocol/connection.ts'
import { checkLimit, checkOneAccount } from '../../shared/mysql-protocol/own-account.ts'
import { accountName } from '../../shared/mysql-protocol/quoting.ts'
import { checkWritable } from '../../shared/mysql-protocol/server-checks.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import type { PasswordWriter } from './native-password.ts'
import { changeOwnPassword } from './own-password.ts'
import { addPassword } from './second-password.ts'
import { checkTwin, ensureTwin } from './twin.ts'
import { type OwnRights, readOwnRights } from './twin-state.ts'

export interface MariadbSession extends DualPasswordSession, TwinSession {
  /** What the session's account may do, as everybody may read it of himself. */
  ownRights(): Promise<OwnRights>
  /** Sessions of one engine are of one kind. */
  checkTwin(names: TwinNames, asOther: () => Promise<MariadbSession | undefined>): Promise<void>
}

export function mariadbSession(
  connection: ServerConnection,
  write: PasswordWriter,
  context: RotationContext,
): MariadbSession {
  return {
    account: accountName(connection.account),
    async setPassword(password) {
      checkWritable(connection)
      checkOneAccount(connection)
      checkLimit(connection, connection.lockedAfter, 'max_password_errors')
      await changeOwnPassword(connection, password, write)
    },
    addPassword: (username, passwords) => addPassword(connection, username, passwords, write, context),
    ensureTwin: (names, next, previousPassword) =>
      ensureTwin(connection, names, next, previousPassword, write, context),
    checkTwin: (names, asOther) => checkTwin(connection, names, asOther),
    ownRights: () => readOwnRights(connection),
    [Symbol.asyncDispose]: () => connection.close(),
  }
}
