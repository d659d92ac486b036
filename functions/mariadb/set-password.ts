import { RotationError } from '../../shared/errors/rotation-error.ts'
import { ours, say } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import { nativeHash } from '../../shared/mysql-family/native-hash.ts'
import { accountName } from '../../shared/mysql-family/quoting.ts'
import { type AccountState, readOwnAccount } from './accounts.ts'
import { identifiedVia } from './login-methods.ts'
import { givePasswords, nativePlugin, type PasswordWriter } from './native-password.ts'

/** Methods that keep a password, or what was computed from one, by themselves. */
const otherPasswordPlugins = ['ed25519', 'parsec', 'caching_sha2_password', 'sha256_password', 'mysql_old_password']

const needsOtherPrivilege = 1227
const setPasswordOtherPlugin = 1699

/**
 * Gives the session's own account a new password in place of all that it has. Repeating it changes nothing.
 * @throws RotationError LoginMethod, MissingPrivilege or PasswordRejected; nothing was changed then
 */
export async function changeOwnPassword(
  connection: ServerConnection,
  password: string,
  write: PasswordWriter,
): Promise<void> {
  const account = await readOwnAccount(connection)
  checkMethods(account)
  const doing = say`changing the password of ${account.user}`
  const expression = write(password)
  if (account.passwords.length > 1) {
    // SET PASSWORD would change the first of them alone, and the value that is to end might be another one.
    // By its name: ALTER USER CURRENT_USER() reports success and changes nothing (10.5 to 11.8).
    const statement = `ALTER USER ${accountName(account)} ${identifiedVia(account.methods, [expression])}`
    const refusal = await givePasswords(connection, doing, statement, [needsOtherPrivilege])
    if (refusal !== undefined) throw tooManyPasswords(account)
    return
  }
  const refusal = await givePasswords(connection, doing, `SET PASSWORD = ${expression}`, [setPasswordOtherPlugin])
  if (refusal === undefined) return
  // Where another method stands first (unix_socket), servers from 10.6 on complain of it and change the password all the same.
  const { passwords } = await readOwnAccount(connection)
  if (passwords[0] !== nativeHash(password)) throw new RotationError('LoginMethod', say`${doing} failed (${refusal}).`)
}

function checkMethods({ user, methods, passwords }: AccountState): void {
  const other = methods.find(({ plugin }) => otherPasswordPlugins.includes(plugin))
  if (passwords.length > 0 && other === undefined) return
  const plugins = methods.map(({ plugin }) => plugin).join(' or ')
  const what = say`${user} logs in by ${plugins}, and SET PASSWORD would not change all of it.`
  throw new RotationError('LoginMethod', what, {
    likely: say`This function changes a password of ${ours(nativePlugin)}, and the old one has to end.`,
    remedy: say`ALTER USER ... IDENTIFIED VIA ${ours(nativePlugin)} USING PASSWORD('...'), or rotate this secret by hand.`,
  })
}

function tooManyPasswords(account: AccountState): RotationError {
  const what = say`${account.user} has ${account.passwords.length} passwords, and may change the first of them only.`
  return new RotationError('MissingPrivilege', what, {
    likely: say`It was rotated with the dual-password strategy before, or somebody has given it a second password.`,
    remedy: say`Rotate it with the dual-password function; or, as an administrator, leave it the one in AWSCURRENT: ALTER USER ${accountName(account)} IDENTIFIED VIA ${ours(nativePlugin)} USING PASSWORD('...');`,
  })
}
