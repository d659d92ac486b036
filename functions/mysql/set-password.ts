import { address } from '../../shared/database/secret.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import type { Mend } from '../../shared/mysql-family/mend.ts'
import { checkLimit, checkOneAccount } from '../../shared/mysql-family/own-account.ts'
import { literal } from '../../shared/mysql-family/quoting.ts'
import { isAtLeast } from '../../shared/mysql-family/server-checks.ts'
import { type AccountState, readAccounts } from './accounts.ts'

/** The password after REPLACE is not the account's first one. */
const incorrectCurrentPassword = 3891
/** The account may not have two passwords, nor end the second. */
const missingPrivilege = 1227
/** PASSWORD HISTORY and PASSWORD REUSE INTERVAL; looked at before REPLACE. */
const passwordUsedBefore = 3638
/** validate_password.changed_characters_percentage; looked at after REPLACE. */
const tooFewCharactersChanged = 4165

const keepingTwo: Mend = (me) =>
  say`GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO ${me}; or add masterarn to the secret: then the superuser does it.`

/**
 * Gives the session's own account a new password. REPLACE makes it a comparison and a change in one (MySQL 8.0.13): the
 * server changes nothing unless the session's password is the first one of the account. So a second run, or another one
 * at the same time, finds its work done and pushes no password out.
 * @param retain whether the session's password is kept as the second one (MySQL 8.0.14)
 * @returns the session to go on with: where the new password had to be tried, the one that did, and the other has ended.
 *   An account may have one connection to spare
 * @throws RotationError NotPrimary where somebody else has changed the first password; MissingPrivilege
 */
export async function changeOwnPassword(
  connection: ServerConnection,
  next: string,
  { retain }: { readonly retain: boolean },
): Promise<ServerConnection> {
  const { login } = connection
  const doing = say`changing the password of ${login.username}`
  // USER() is the account that the server chose, whatever the host in its name; naming it takes more privileges.
  const change = `ALTER USER USER() IDENTIFIED BY ${literal(next)}`
  if (!isAtLeast(connection, [8, 0, 13])) {
    await connection.change(doing, change)
    return connection
  }
  const expected = [incorrectCurrentPassword, passwordUsedBefore]
  const replace = `${change} REPLACE ${literal(login.password)}${retain ? ' RETAIN CURRENT PASSWORD' : ''}`
  const refusal = await connection.attempt(doing, replace, expected, retain ? keepingTwo : undefined)
  if (refusal === undefined) return connection
  // Either this is done already, or the first password is another one. Asking is no login, which would count as a failed
  // one: the new password takes its own place where it is the first, and the second one stays (MySQL manual, "Dual
  // Password Support").
  if (refusal === incorrectCurrentPassword) {
    const answers = [...expected, tooFewCharactersChanged]
    const answer = await connection.attempt(doing, `${change} REPLACE ${literal(next)}`, answers)
    if (answer === incorrectCurrentPassword) throw notPrimary(connection)
  }
  return provesFirst(connection, next)
}

/**
 * The same for an account that is to have one password. A second one, which dual-password has left, ends, too, where the
 * account may do that; where not, an administrator ran dual-password, and has to.
 * @throws RotationError SeveralAccounts, or LoginLocked where our own retry would lock the account; nothing was changed then
 */
export async function replaceOwnPassword(connection: ServerConnection, next: string): Promise<void> {
  await checkOwnPassword(connection)
  const session = await changeOwnPassword(connection, next, { retain: false })
  await discardSecond(session)
  await session.close()
}

/** Ends the second password of the session's own account, if it has one and may do that. */
export async function discardSecond(connection: ServerConnection): Promise<void> {
  if (!isAtLeast(connection, [8, 0, 14])) return
  const discard = 'ALTER USER USER() DISCARD OLD PASSWORD'
  const { username } = connection.login
  await connection.attempt(say`discarding the second password of ${username}`, discard, [missingPrivilege])
}

const lockingAccounts = [8, 0, 19] as const

/** How many refused logins lock the session's own account; undefined where none do. */
async function ownLimit(connection: ServerConnection): Promise<number | undefined> {
  if (!isAtLeast(connection, lockingAccounts)) return undefined
  const doing = say`reading the account of ${connection.login.username}`
  const shown = await connection.show(doing, 'SHOW CREATE USER CURRENT_USER()')
  // Behind the last of what the owner may have put in quotes, but for the comment, which is last of all.
  const rules = / ACCOUNT (?:UN)?LOCK .*?FAILED_LOGIN_ATTEMPTS (\d+) PASSWORD_LOCK_TIME (\d+|UNBOUNDED)/s
  const [, attempts = '0', time = '0'] = rules.exec(shown.join()) ?? []
  // Either of the two at 0 switches it off (MySQL manual, "CREATE USER").
  return attempts !== '0' && time !== '0' ? Number(attempts) : undefined
}

/**
 * For a probe: whether refused logins lock an account of a name. Of others, those see it who may read mysql.user.
 * @returns true where it cannot be seen
 */
export async function mayLock(connection: ServerConnection, username: string): Promise<boolean> {
  if (!isAtLeast(connection, lockingAccounts)) return false
  if (username === connection.login.username && connection.ownAccounts <= 1)
    return (await ownLimit(connection)) !== undefined
  try {
    const accounts = await readAccounts(connection, [username])
    const held = (rule: string, { options }: AccountState) => (options.password.get(rule) ?? '0') !== '0'
    return accounts.some((each) => held('FAILED_LOGIN_ATTEMPTS', each) && held('PASSWORD_LOCK_TIME', each))
  } catch (error) {
    if (!(error instanceof RotationError) || error.code !== 'MissingPrivilege') throw error
    return true
  }
}

/** For a probe: what would keep an account from changing its own password. @throws RotationError as `replaceOwnPassword` does */
export async function checkOwnPassword(connection: ServerConnection): Promise<void> {
  checkOneAccount(connection)
  const attempts = await ownLimit(connection)
  if (attempts !== undefined) checkLimit(connection, attempts, 'FAILED_LOGIN_ATTEMPTS')
}

/** Logs in with the new password: clients without TLS need it to be in the server's cache again. */
async function provesFirst(connection: ServerConnection, next: string): Promise<ServerConnection> {
  await connection.close()
  try {
    return await connection.connectAs({ password: next })
  } catch (error) {
    if (!(error instanceof RotationError) || error.code !== 'LoginRefused') throw error
    throw notPrimary(connection)
  }
}

function notPrimary({ login }: ServerConnection): RotationError {
  const what = say`The first password of ${login.username} at ${address(login)} is neither AWSCURRENT nor AWSPENDING.`
  return new RotationError('NotPrimary', what)
}
