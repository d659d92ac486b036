import { createHash } from 'node:crypto'
import { address } from '../../shared/database/secret.ts'
import { type AccountOptions, parseAccountOptions } from '../../shared/mysql-protocol/account-options.ts'
import type { ServerConnection } from '../../shared/mysql-protocol/connection.ts'
import { type Account, accountName } from '../../shared/mysql-protocol/quoting.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
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
  const found = await readSystem(connection, () =>
    connection.run<Account>(
      doing,
      "SELECT User AS user, Host AS host FROM mysql.user WHERE User = ? AND is_role = 'N' ORDER BY Host",
      [user],
    ),
  )
  const accounts: AccountState[] = []
  // The comparison of names does not see spaces at their ends.
  for (const account of found.filter((each) => each.user === user)) {
    const show = () => connection.run(doing, `SHOW CREATE USER ${accountName(account)}`)
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
  const options = parseAccountOptions(texts(rows))
  const methods = parseLoginMethods(options.identification, user)
  return { user, host, options, methods, passwords: nativeHashes(methods) }
}

/** The only column of what SHOW gives; its name has the account in it. */
export function texts(rows: readonly object[]): string[] {
  return rows.map((row) => String(Object.values(row)[0]))
}

/** Reads what SELECT on the database `mysql` is needed for. @throws RotationError MissingPrivilege, with the GRANT */
export function readSystem<T>(connection: ServerConnection, read: () => Promise<T>): Promise<T> {
  return withRemedy(read, `GRANT SELECT ON mysql.* TO ${accountName(connection.account)};`)
}

/** @param grant what lets the session do it, for the error MissingPrivilege */
export async function withRemedy<T>(action: () => Promise<T>, grant: string): Promise<T> {
  try {
    return await action()
  } catch (error) {
    if (!(error instanceof RotationError) || error.code !== 'MissingPrivilege') throw error
    throw new RotationError('MissingPrivilege', error.what, {
      remedy: `As an administrator: ${grant}`,
      cause: error.cause,
    })
  }
}

/** @throws RotationError ReadOnlyServer, before anything is tried: somebody with READ_ONLY ADMIN could change it all the same */
export function checkWritable({ login, readOnly }: ServerConnection): void {
  if (!readOnly) return
  throw new RotationError('ReadOnlyServer', `${address(login)} takes no changes (read_only or innodb_read_only).`)
}

/** @throws RotationError UnsupportedServer before MariaDB 10.4, where an account has one way to log in */
export function checkSeries({ login, version }: ServerConnection, what: string): void {
  const [, major = '0', minor = '0'] = /^(?:5\.5\.5-)?(\d+)\.(\d+)/.exec(version) ?? []
  if (Number(major) * 100 + Number(minor) >= 1004) return
  throw new RotationError('UnsupportedServer', `${address(login)} is ${version}; ${what} needs MariaDB 10.4 or newer.`)
}

const longestWaitSeconds = 10

/**
 * Waits until no other run looks at the accounts of a user and changes them, and keeps others waiting until the session
 * ends.
 * @throws RotationError TimedOut
 */
export async function takeTurn(connection: ServerConnection, user: string, context: RotationContext): Promise<void> {
  const doing = `waiting for others who change ${user}`
  const lock = `keyturn ${createHash('sha256').update(user).digest('hex').slice(0, 32)}`
  const seconds = Math.min(longestWaitSeconds, Math.max(0, Math.floor(context.remainingMs() / 1000) - 1))
  const [row] = await connection
    .run<{ got: unknown }>(doing, `SELECT GET_LOCK(?, ${seconds}) AS got`, [lock])
    // Some versions of Galera have no such locks (MDEV-31325); each statement can be repeated anyway.
    .catch((error: unknown) => {
      if (error instanceof RotationError && error.code === 'DatabaseFailed') return [{ got: 1 }]
      throw error
    })
  if (String(row?.got) === '1') return
  throw new RotationError('TimedOut', `${doing} at ${address(connection.login)} took too long.`)
}
