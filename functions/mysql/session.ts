import type { DualPasswordSession, TwinSession } from '../../shared/database/engine.ts'
import { address } from '../../shared/database/secret.ts'
import type { ServerConnection } from '../../shared/mysql-protocol/connection.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import { RotationError } from '../../shared/rotation/errors.ts'
import { changeOwnPassword } from './own-password.ts'
import { addPassword } from './second-password.ts'
import { checkTwin, ensureTwin } from './twin.ts'

export function mysqlSession(
  connection: ServerConnection,
  context: RotationContext,
): DualPasswordSession & TwinSession {
  function checkWritable(): void {
    if (!connection.readOnly) return
    const what = `${address(connection.login)} takes no changes (read_only or innodb_read_only).`
    throw new RotationError('ReadOnlyServer', what)
  }

  return {
    async setPassword(_username, password) {
      checkWritable()
      await changeOwnPassword(connection, password, { retain: false }, context)
    },
    async addPassword(username, passwords) {
      checkWritable()
      await addPassword(connection, username, passwords, context)
    },
    async ensureTwin(names, next, isOurs) {
      checkWritable()
      await ensureTwin(connection, names, next, isOurs, context)
    },
    checkTwin: (names) => checkTwin(connection, names),
    [Symbol.asyncDispose]: () => connection.close(),
  }
}
