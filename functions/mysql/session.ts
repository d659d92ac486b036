import type { CloneSession, ComingChange, DualPasswordSession } from '../../shared/database/engine.ts'
import { say } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import { accountName } from '../../shared/mysql-family/quoting.ts'
import { checkTakesChanges } from '../../shared/mysql-family/server-checks.ts'
import { readAccounts } from './accounts.ts'
import { addPassword } from './add-password.ts'
import { checkClone, ensureClone } from './clone.ts'
import { checkLength } from './password-limit.ts'
import { checkOwnPassword, discardSecond, mayLock, replaceOwnPassword } from './set-password.ts'
import { checkSuperuser } from './superuser-rights.ts'
import { versions } from './versions.ts'

/** @param newPassword makes a password for an account whose own one comes later */
export function mysqlSession(
  connection: ServerConnection,
  newPassword: () => string,
): DualPasswordSession & CloneSession {
  const check = (kind: ComingChange['kind'], password: string) => {
    checkTakesChanges(connection, versions[kind])
    checkLength(password)
  }
  return {
    account: accountName(connection.account),
    settle: () => discardSecond(connection),
    async setPassword(password) {
      check('password', password)
      await replaceOwnPassword(connection, password)
    },
    async addPassword(username, passwords) {
      check('second password', passwords.next)
      await addPassword(connection, username, passwords)
    },
    async ensureClone(change) {
      check('clone', change.password)
      await ensureClone(connection, { ...change, newPassword })
    },
    checkClone: (names) => checkClone(connection, names),
    mayLock: (username) => mayLock(connection, username),
    async checkReady(change) {
      const { username } = connection.login
      checkTakesChanges(connection, versions[change.kind])
      if (change.kind === 'password') {
        await checkOwnPassword(connection)
        return say`The server takes changes, and a login may change its own password.`
      }
      if (change.kind === 'clone') {
        await checkSuperuser(connection, [])
        return say`The server takes changes, and ${username} may change accounts.`
      }
      if (change.username !== username) await readAccounts(connection, [change.username])
      return say`The server takes changes. Whether ${username} may keep a second password shows only in setSecret.`
    },
    [Symbol.asyncDispose]: () => connection.close(),
  }
}
