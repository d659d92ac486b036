import type { TwoPasswords } from '../../shared/database/engine.ts'
import { address } from '../../shared/database/secret.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import { granting } from '../../shared/mysql-family/mend.ts'
import { accountName, literal } from '../../shared/mysql-family/quoting.ts'
import { type AccountState, readAccounts } from './accounts.ts'
import { isHashOf } from './password-hash.ts'
import { changeOwnPassword } from './set-password.ts'
import { changingAccounts } from './superuser-rights.ts'

/**
 * Gives all accounts of a name a new first password and keeps the current one as their second. RETAIN CURRENT PASSWORD
 * run twice would push the current one out: so an account changes its own only while that is its first, and an
 * administrator looks before acting.
 * @throws RotationError UnsupportedServer, MissingPrivilege, NotPrimary; nothing is changed then
 */
export async function addPassword(
  connection: ServerConnection,
  username: string,
  passwords: TwoPasswords,
): Promise<void> {
  const own = connection.login.username === username
  if (!own || connection.ownAccounts > 1) return await addAsAdministrator(connection, username, passwords)
  const session = await changeOwnPassword(connection, passwords.next, { retain: true })
  await session.close()
}

async function addAsAdministrator(
  connection: ServerConnection,
  username: string,
  passwords: TwoPasswords,
): Promise<void> {
  // Two runs at once would both find the current password the first one, and the second of them would push it out.
  await connection.lock(username)
  const accounts = await readAccounts(connection, [username])
  const changing = accountsToChange(accounts, passwords, connection)
  if (changing.length === 0) return
  const identified = `IDENTIFIED BY ${literal(passwords.next)} RETAIN CURRENT PASSWORD`
  const clauses = changing.map((account) => `${accountName(account)} ${identified}`)
  const [doing, alter] = [say`changing the password of ${username}`, `ALTER USER ${clauses.join(', ')}`]
  await connection.change(doing, alter, changingAccounts(granting('CREATE USER ON *.*')))
}

/** Those whose first password is the current one. None, where an earlier run has changed them. */
function accountsToChange(
  accounts: readonly AccountState[],
  { next, current }: TwoPasswords,
  { login, context }: ServerConnection,
): AccountState[] {
  const changing: AccountState[] = []
  let changed = 0
  for (const account of accounts) {
    const { plugin, first, second } = account
    const name = accountName(account)
    if (isHashOf(current, plugin, first)) changing.push(account)
    else if (isHashOf(next, plugin, first)) changed++
    else if (isHashOf(current, plugin, second)) {
      const what = say`The password in AWSCURRENT is the second one of ${name} at ${address(login)}.`
      throw new RotationError('NotPrimary', what)
    } else context.did(say`left ${name} alone, whose password is not that of the secret`)
  }
  if (changing.length + changed > 0) return changing
  const what = say`No account of that name at ${address(login)} has the password in AWSCURRENT as its first one.`
  throw new RotationError('NotPrimary', what)
}
