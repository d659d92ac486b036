import type { CloneNames, CloneSession, DualPasswordSession } from '../../shared/database/engine.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import { checkLimit, checkOneAccount } from '../../shared/mysql-family/own-account.ts'
import { accountName } from '../../shared/mysql-family/quoting.ts'
import { checkTakesChanges } from '../../shared/mysql-family/server-checks.ts'
import { readAccounts } from './accounts.ts'
import { addPassword } from './add-password.ts'
import { checkClone, ensureClone } from './clone.ts'
import { type OwnRights, readOwnRights } from './clone-state.ts'
import type { PasswordWriter } from './native-password.ts'
import { changeOwnPassword } from './set-password.ts'
import { checkSuperuser } from './superuser-rights.ts'
import { versions } from './versions.ts'

export interface MariadbSession extends DualPasswordSession, CloneSession {
  /** What the session's account may do, as everybody may read it of himself. */
  ownRights(): Promise<OwnRights>
  /** The session of the other login is of this kind, too: its `ownRights` are asked for. */
  checkClone(names: CloneNames, asOther: () => Promise<MariadbSession | undefined>): Promise<void>
}

export function mariadbSession(connection: ServerConnection, write: PasswordWriter): MariadbSession {
  const { login, account, lockedAfter } = connection
  const check = (username: string) => {
    checkTakesChanges(connection, versions)
    checkName(username)
  }
  const checkOwnAccount = () => {
    check(login.username)
    checkOneAccount(connection)
    checkLimit(connection, lockedAfter, 'max_password_errors')
  }
  return {
    account: accountName(account),
    async setPassword(password) {
      checkOwnAccount()
      await changeOwnPassword(connection, password, write)
    },
    async addPassword(username, passwords) {
      check(username)
      await addPassword(connection, username, passwords, write)
    },
    async ensureClone(change) {
      check(change.base)
      await ensureClone(connection, change, write)
    },
    checkClone: (names, asOther) => checkClone(connection, names, asOther),
    ownRights: () => readOwnRights(connection),
    // Of a server that has no limit of its own (MariaDB manual, "max_password_errors").
    mayLock: async () => lockedAfter < noLimit,
    async checkReady(change) {
      if (change.kind === 'password') {
        checkOwnAccount()
        return say`The server takes changes, and a login may change its own password.`
      }
      check(login.username)
      if (change.kind === 'second password') await readAccounts(connection, [change.username])
      await checkSuperuser(connection, [])
      return say`The server takes changes, and ${login.username} may change accounts.`
    },
    [Symbol.asyncDispose]: () => connection.close(),
  }
}

const noLimit = 4_294_967_295

/** @throws RotationError LoginMethod where MariaDB lets the account in and finds none of that name when it is to be changed */
function checkName(username: string): void {
  if (!username.endsWith(' ')) return
  throw new RotationError('LoginMethod', say`The name of the account, "${username}", ends in a space.`, {
    likely: say`MariaDB cuts such spaces off the name of an account that is to be read or changed (SHOW CREATE USER, ALTER USER).`,
    remedy: say`Make an account without them, and put it into the secret with put-secret-value.`,
  })
}
