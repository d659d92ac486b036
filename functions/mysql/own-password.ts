import { address } from '../../shared/database/secret.ts'
import { connect, type ServerConnection } from '../../shared/mysql-protocol/connection.ts'
import { literal } from '../../shared/mysql-protocol/quoting.ts'
import { isAtLeast } from '../../shared/mysql-protocol/server-version.ts'
import { shownTexts } from '../../shared/mysql-protocol/shown-texts.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import { RotationError } from '../../shared/rotation/errors.ts'

/** The password after REPLACE is not the account's first one. */
const incorrectCurrentPassword = 3891
/** The account may not have two passwords, nor end the second. */
const missingPrivilege = 1227
/** PASSWORD HISTORY and PASSWORD REUSE INTERVAL; looked at before REPLACE. */
const passwordUsedBefore = 3638
/** validate_password.changed_characters_percentage; looked at after REPLACE. */
const tooFewCharactersChanged = 4165

/**
 * Gives the session's own account a new password. REPLACE makes it a comparison and a change in one (MySQL 8.0.13): the
 * server changes nothing unless the session's password is the first one of the account. So a second run, or another one
 * at the same time, finds its work done and pushes no password out.
 * @param retain whether the session's password is kept as the second one (MySQL 8.0.14)
 * @throws RotationError NotPrimary where somebody else has changed the first password; MissingPrivilege
 */
export async function changeOwnPassword(
  connection: ServerConnection,
  next: string,
  { retain }: { readonly retain: boolean },
  context: RotationContext,
): Promise<void> {
  const { login } = connection
  const doing = `changing the password of ${login.username}`
  // USER() is the account that the server chose, whatever the host in its name; naming it takes more privileges.
  const change = `ALTER USER USER() IDENTIFIED BY ${literal(next)}`
  if (!isAtLeast(connection, [8, 0, 13])) {
    await connection.run(doing, change)
    return
  }
  const statement = `${change} REPLACE ${literal(login.password)}${retain ? ' RETAIN CURRENT PASSWORD' : ''}`
  const refusal = await connection.attempt(doing, statement, [incorrectCurrentPassword, passwordUsedBefore])
  if (refusal === undefined) return
  // Either this is done already, or the first password is another one. Asking is no login, which would count as a failed
  // one: the new password takes its own place where it is the first, and the second one stays (MySQL manual, "Dual
  // Password Support").
  if (refusal === incorrectCurrentPassword) {
    const answers = [incorrectCurrentPassword, passwordUsedBefore, tooFewCharactersChanged]
    const answer = await connection.attempt(doing, `${change} REPLACE ${literal(next)}`, answers)
    if (answer === incorrectCurrentPassword) throw notPrimary(connection)
  }
  await provesFirst(connection, next, context)
}

/**
 * The same for an account that is to have one password. A second one, which dual-password has left, ends, too, where the
 * account may do that; where not, an administrator ran dual-password, and has to.
 * @throws RotationError LoginLocked where our own retry would lock the account; nothing was changed then
 */
export async function replaceOwnPassword(
  connection: ServerConnection,
  next: string,
  context: RotationContext,
): Promise<void> {
  const { username } = connection.login
  if (isAtLeast(connection, [8, 0, 19])) await checkRetry(connection)
  await changeOwnPassword(connection, next, { retain: false }, context)
  if (!isAtLeast(connection, [8, 0, 14])) return
  const discard = 'ALTER USER USER() DISCARD OLD PASSWORD'
  await connection.attempt(`discarding the second password of ${username}`, discard, [missingPrivilege])
}

/** A repeated setSecret tries AWSCURRENT first, which is refused by then: once, before AWSPENDING logs in. */
async function checkRetry({ run, login }: ServerConnection): Promise<void> {
  const rows = await run(`reading the account of ${login.username}`, 'SHOW CREATE USER CURRENT_USER()')
  if (!shownTexts(rows).some((text) => / FAILED_LOGIN_ATTEMPTS 1(?: |$)/.test(text))) return
  const what = `${login.username} at ${address(login)} is locked after a single wrong password (FAILED_LOGIN_ATTEMPTS 1).`
  throw new RotationError('LoginLocked', what, {
    likely: 'If this step had to be repeated, it would try the old password once, and lock the account.',
    remedy:
      'ALTER USER ... FAILED_LOGIN_ATTEMPTS 2 (or more), or rotate the secret with dual-password or alternating-users.',
  })
}

/** Logs in with the new password: clients without TLS need it to be in the server's cache again. */
async function provesFirst(connection: ServerConnection, next: string, context: RotationContext): Promise<void> {
  try {
    const session = await connect({ ...connection.login, password: next }, context)
    await session.close()
  } catch (error) {
    if (!(error instanceof RotationError) || error.code !== 'LoginRefused') throw error
    throw notPrimary(connection)
  }
}

function notPrimary({ login }: ServerConnection): RotationError {
  const what = `The first password of ${login.username} at ${address(login)} is neither AWSCURRENT nor AWSPENDING.`
  return new RotationError('NotPrimary', what)
}
