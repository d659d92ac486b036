import { say } from '../../shared/errors/words.ts'
import type { AccountOptions } from '../../shared/mysql-family/account-options.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import { readingAccounts } from '../../shared/mysql-family/mend.ts'
import { type Account, literal } from '../../shared/mysql-family/quoting.ts'
import { isHashOf } from './password-hash.ts'
import { type OptionRow, optionColumns, storedOptions } from './stored-account.ts'

/** An account of a name, with what the server keeps of its passwords. */
export interface AccountState extends Account {
  readonly plugin: string
  /** The hash of the first password; empty where the account has none. */
  readonly first: Buffer
  /** That of the one that RETAIN CURRENT PASSWORD has kept. */
  readonly second: Buffer
  readonly options: AccountOptions
}

const passwordPlugins = new Set(['caching_sha2_password', 'sha256_password', 'mysql_native_password'])

/** Whether the account's plugin keeps a password in mysql.user, which ALTER USER ... BY sets. */
export function keepsPassword({ plugin }: Pick<AccountState, 'plugin'>): boolean {
  return passwordPlugins.has(plugin)
}

/** Whether it is the first password of an account, or the one that was kept beside it. None is neither. */
export function hasPassword({ plugin, first, second }: AccountState, password: string | undefined): boolean {
  return password !== undefined && [first, second].some((hash) => isHashOf(password, plugin, hash))
}

type StoredRow = Readonly<Record<'user' | 'host' | 'plugin', string>> &
  Readonly<Record<'first' | 'second', string | null>> &
  OptionRow

/**
 * All accounts of some names, on whatever host. From MySQL 8.0.14 on.
 * @throws RotationError MissingPrivilege with the GRANT that allows reading them
 */
export async function readAccounts(
  connection: ServerConnection,
  usernames: readonly string[],
): Promise<AccountState[]> {
  // Hashes as hex: their salts hold bytes that no character set has.
  const query = `SELECT User AS user, Host AS host, plugin, HEX(authentication_string) AS first,
    HEX(User_attributes->>'$.additional_password') AS second, ${optionColumns}
    FROM mysql.user WHERE User IN (${usernames.map(literal).join(', ')}) ORDER BY User, Host`
  const doing = say`reading the accounts of ${usernames.join(' and ')}`
  const rows = await connection.read<StoredRow>(doing, query, [], readingAccounts)
  return rows.map(({ user, host, plugin, first, second, ...options }) => ({
    user,
    host,
    plugin,
    first: Buffer.from(first ?? '', 'hex'),
    second: Buffer.from(second ?? '', 'hex'),
    options: storedOptions(options),
  }))
}
