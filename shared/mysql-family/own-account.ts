import { address } from '../database/secret.ts'
import { RotationError } from '../errors/rotation-error.ts'
import { say } from '../errors/words.ts'
import type { ServerConnection } from './connection.ts'

/** One wrong login of each of two runs, and one to spare. */
const leastAttempts = 3

/**
 * For a login that changes its own password: a repeated setSecret tries AWSCURRENT first, which is refused by then.
 * @param attempts how many wrong passwords in a row lock the account
 * @param setting what says so
 * @throws RotationError LoginLocked where our own retries could lock the account
 */
export function checkLimit({ login }: ServerConnection, attempts: number, setting: string): void {
  if (attempts >= leastAttempts) return
  const words = attempts === 1 ? 'a single wrong password' : `${attempts} wrong passwords`
  const what = say`${login.username} at ${address(login)} would be locked after ${words} (${setting} ${attempts}); nothing was changed.`
  const raise =
    setting === 'max_password_errors'
      ? `SET GLOBAL max_password_errors = ${leastAttempts};`
      : `ALTER USER ... FAILED_LOGIN_ATTEMPTS ${leastAttempts};`
  throw new RotationError('LoginLocked', what, {
    likely: say`If this step had to be repeated, or ran twice at once, it would try the old password, and lock the account.`,
    remedy: say`As an administrator: ${raise} or more; or rotate the secret with dual-password or alternating-users.`,
  })
}

/**
 * An account changes itself alone: clients that the server gives another account of the name would be left behind.
 * @throws RotationError SeveralAccounts where the session can see that there are several; ordinary accounts cannot
 */
export function checkOneAccount({ login, ownAccounts }: ServerConnection): void {
  if (ownAccounts <= 1) return
  const what = say`${login.username} has ${ownAccounts} accounts at ${address(login)}, for different hosts.`
  throw new RotationError('SeveralAccounts', what)
}
