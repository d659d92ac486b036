import { say } from '../../shared/errors/words.ts'
import type { AccountOptions } from '../../shared/mysql-family/account-options.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import { readingAccounts } from '../../shared/mysql-family/mend.ts'
import { type Account, literal } from '../../shared/mysql-family/quoting.ts'
import { type LoginMethod, nativeHashes, parseLoginMethods } from './login-methods.ts'
import { parseShownAccount } from './shown-account.ts'
import { parsePriv, storedMethods, storedOptions } from './stored-account.ts'

/** One account of a user: a user name may have several, each for other hosts. */
export interface AccountState extends Account {
  readonly methods: readonly LoginMethod[]
  /** The hashes of its passwords, in the order in which the server tries them; none where it has no password. */
  readonly passwords: readonly string[]
  readonly options: AccountOptions
}

/**
 * All accounts of some users, as somebody who may read the database `mysql`. From the table that the server keeps them in:
 * how SHOW CREATE USER writes a quote in a text depends on the patch level (11.8.9 doubles it), and costs a round trip each.
 * @throws RotationError MissingPrivilege, with the GRANT
 */
export async function readAccounts(connection: ServerConnection, users: readonly string[]): Promise<AccountState[]> {
  const names = users.map(literal).join(', ')
  const rows = await connection.read<Account & { readonly priv: string }>(
    say`reading the accounts of ${users.join(' and ')}`,
    `SELECT User AS user, Host AS host, CAST(Priv AS CHAR) AS priv FROM mysql.global_priv WHERE User IN (${names}) ORDER BY User, Host`,
    [],
    readingAccounts,
  )
  // The comparison of names does not see spaces at their ends.
  const accounts = rows.filter(({ user }) => users.includes(user))
  return accounts.flatMap(({ priv, ...account }) => {
    const stored = parsePriv(priv)
    return stored.is_role === true ? [] : [accountState(account, storedMethods(stored), storedOptions(stored))]
  })
}

/** The account of the session itself, which everybody may read. */
export async function readOwnAccount(connection: ServerConnection): Promise<AccountState> {
  const { account, login } = connection
  const shown = await connection.show(say`reading the account of ${login.username}`, 'SHOW CREATE USER CURRENT_USER()')
  const { identification, ...options } = parseShownAccount(shown)
  return accountState(account, parseLoginMethods(identification, account.user), options)
}

function accountState({ user, host }: Account, methods: readonly LoginMethod[], options: AccountOptions): AccountState {
  return { user, host, methods, options, passwords: nativeHashes(methods) }
}
