import { address } from '../../shared/database/secret.ts'
import { type AccountOptions, parseAccountOptions } from '../../shared/mysql-protocol/account-options.ts'
import type { ServerConnection } from '../../shared/mysql-protocol/connection.ts'
import { explained } from '../../shared/mysql-protocol/privileges.ts'
import { type Account, accountName } from '../../shared/mysql-protocol/quoting.ts'
import { isAtLeast } from '../../shared/mysql-protocol/server-version.ts'
import { shownTexts } from '../../shared/mysql-protocol/shown-texts.ts'
import { RotationError } from '../../shared/rotation/errors.ts'
import { type LoginMethod, nativeHashes, parseLoginMethods } from './login-methods.ts'

/** One account of a user: a user name may have several, each for other hosts. */
export interface AccountState extends Account {
  readonly methods: readonly LoginMethod[]
  /** The hashes of its passwords, in the order in which the server tries them; none where it has no password. */
  readonly passwords: readonly string[]
  readonly options: AccountOptions
}

/** All accounts of a user, as somebody who may read the database `mysql`. */
export async function readAccounts(connection: ServerConnection, user: string): Promise<AccountState[]> {
  const doing = `reading the accounts of ${user}`
  const found = await readSystem(
    connection,
    connection.run<Account>(
      doing,
      "SELECT User AS user, Host AS host FROM mysql.user WHERE User = ? AND is_role = 'N' ORDER BY Host",
      [user],
    ),
  )
  const accounts: AccountState[] = []
  // The comparison of names does not see spaces at their ends.
  for (const account of found.filter((each) => each.user === user)) {
    const show = connection.run(doing, `SHOW CREATE USER ${accountName(account)}`)
    accounts.push(accountState(account, await readSystem(connection, show)))
  }
  return accounts
}

/** The account of the session itself, which everybody may read. */
export async function readOwnAccount(connection: ServerConnection): Promise<AccountState> {
  const doing = `reading the account of ${connection.login.username}`
  return accountState(connection.account, await connection.run(doing, 'SHOW CREATE USER CURRENT_USER()'))
}

function accountState({ user, host }: Account, rows: readonly object[]): AccountState {
  const options = parseAccountOptions(shownTexts(rows))
  const methods = parseLoginMethods(options.identification, user)
  return { user, host, options, methods, passwords: nativeHashes(methods) }
}

/** Reads what SELECT on the database `mysql` is needed for. @throws RotationError MissingPrivilege, with the GRANT */
export function readSystem<T>(connection: ServerConnection, read: Promise<T>): Promise<T> {
  return explained(read, `GRANT SELECT ON mysql.* TO ${accountName(connection.account)};`)
}

/** @throws RotationError UnsupportedServer before MariaDB 10.4, where an account has one way to log in */
export function checkSeries(connection: ServerConnection, what: string): void {
  if (isAtLeast(connection, [10, 4, 0])) return
  const is = `${address(connection.login)} is ${connection.version}`
  throw new RotationError('UnsupportedServer', `${is}; ${what} needs MariaDB 10.4 or newer.`)
}
