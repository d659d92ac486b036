import type { CloneSession, ComingChange, DualPasswordSession } from '../../shared/database/engine.ts'
import { say } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import { accountName } from '../../shared/mysql-family/quoting.ts'
import { checkWritable } from '../../shared/mysql-family/server-checks.ts'
import { checkSupported } from '../../shared/mysql-family/server-version.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import { storedAccounts } from './accounts.ts'
import { addPassword } from './add-password.ts'
import { checkClone } from './check-clone.ts'
import { ensureClone } from './ensure-clone.ts'
import { checkLength } from './password-limit.ts'
import { checkOwnPassword, discardSecond, mayLock, replaceOwnPassword } from './set-password.ts'
import { checkSuperuser } from './superuser-rights.ts'
import { alternatingUsersVersions, dualPasswordVersions, singleUserVersions } from './versions.ts'

/** @param newPassword makes a password for an account whose own one comes later */
export function mysqlSession(
  connection: ServerConnection,
  newPassword: () => string,
  context: RotationContext,
): DualPasswordSession & CloneSession {
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
    async ensureClone(names, next, previousPassword) {
      checkWritable(connection)
      checkSupported(connection, alternatingUsersVersions, context)
      checkLength(next.password)
      await ensureClone(connection, names, { ...next, newPassword }, previousPassword, context)
    },
    checkClone: (names) => checkClone(connection, names),
    mayLock: (username) => mayLock(connection, username),
    checkReady: (change) => checkReady(connection, change, context),
    [Symbol.asyncDispose]: () => connection.close(),
  }
}

const versionsFor = {
  password: singleUserVersions,
  'second password': dualPasswordVersions,
  clone: alternatingUsersVersions,
}

async function checkReady(connection: ServerConnection, change: ComingChange, context: RotationContext) {
  const { username } = connection.login
  checkWritable(connection)
  checkSupported(connection, versionsFor[change.kind], context)
  if (change.kind === 'password') {
    await checkOwnPassword(connection)
    return say`The server takes changes, and a login may change its own password.`
  }
  if (change.kind === 'clone') {
    await checkSuperuser(connection, [])
    return say`The server takes changes, and ${username} may change accounts.`
  }
  if (change.username !== username) await storedAccounts(connection, [change.username])
  return say`The server takes changes. Whether ${username} may keep a second password shows only in setSecret.`
}
