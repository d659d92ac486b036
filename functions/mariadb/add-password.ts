import type { TwoPasswords } from '../../shared/database/engine.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import { nativeHash } from '../../shared/mysql-family/native-hash.ts'
import { accountName } from '../../shared/mysql-family/quoting.ts'
import { type AccountState, readAccounts } from './accounts.ts'
import { identifiedVia } from './login-methods.ts'
import { givePasswords, type PasswordWriter } from './native-password.ts'
import { changingAccounts } from './superuser-rights.ts'

/**
 * Gives all accounts of a user a new password and keeps the current one beside it. Both are known, so what the server is
 * to have is written out: repeating it changes nothing (MariaDB manual, "ALTER USER": IDENTIFIED VIA ... OR ...).
 * @throws RotationError MissingPrivilege, NotPrimary, UnsupportedServer, ReadOnlyServer, PasswordRejected; nothing was
 *   changed then
 */
export async function addPassword(
  connection: ServerConnection,
  user: string,
  passwords: TwoPasswords,
  write: PasswordWriter,
): Promise<void> {
  const isSelf = connection.login.username === user
  try {
    await connection.lock(user)
    await change(connection, user, passwords, write)
  } catch (error) {
    if (!isSelf || !(error instanceof RotationError) || error.code !== 'MissingPrivilege') throw error
    const me = accountName(connection.account)
    throw new RotationError('MissingPrivilege', say`${user} may not give itself a second password.`, {
      likely: say`MariaDB lets an account do that only where it may change all accounts.`,
      remedy: say`Add "masterarn" to the secret, with the ARN of a superuser's secret. For an account that administers the server anyway: GRANT CREATE USER ON *.* TO ${me}; GRANT SELECT ON mysql.* TO ${me};`,
      cause: error.cause,
    })
  }
}

async function change(
  connection: ServerConnection,
  user: string,
  { next, current }: TwoPasswords,
  write: PasswordWriter,
): Promise<void> {
  const all = await readAccounts(connection, [user])
  const accounts = all.filter(({ passwords }) => passwords.length > 0)
  for (const account of all.filter(({ passwords }) => passwords.length === 0))
    connection.context.did(say`left ${accountName(account)} alone, which has no password`)
  const [first, second] = [nativeHash(next), nativeHash(current)]
  const others = accounts.filter(({ passwords }) => passwords[0] !== first && passwords[0] !== second)
  if (others.length > 0 || accounts.length === 0) throw notPrimary(user, others.length > 0 ? others : all)

  const isDone = ({ passwords }: AccountState) => passwords.join() === [first, second].join()
  if (accounts.every(isDone)) return
  const expressions = [write(next), write(current)]
  const changes = accounts.map((account) => `${accountName(account)} ${identifiedVia(account.methods, expressions)}`)
  const doing = say`adding a password to ${user}`
  await givePasswords(connection, doing, `ALTER USER ${changes.join(', ')}`, [], changingAccounts)
}

function notPrimary(user: string, accounts: readonly AccountState[]): RotationError {
  const which = accounts.map(accountName).join(', ') || user
  // What stands at the end of the list holds for the last account alone.
  const changes = accounts.map((account) => `${accountName(account)} IDENTIFIED BY '(its password)'`)
  const what = say`The first password of ${which} is neither the one of AWSCURRENT nor the one of AWSPENDING.`
  return new RotationError('NotPrimary', what, {
    likely: say`The password was changed at the server; or a rotation was dropped after setSecret; or accounts of ${user} for different hosts have different passwords.`,
    remedy: say`Put the value whose password was set last with put-secret-value; or, to stay with AWSCURRENT, as an administrator: ALTER USER ${changes.join(', ')}; then rotate again.`,
  })
}
