import type { RotationContext } from '../rotation/context.ts'
import type { Driver } from './driver.ts'

/** How long before us the server is to end what still waits. */
const headStartMs = 1_000

/** How long the server keeps a session of ours that says nothing, beyond our own deadline. */
const graceSeconds = 2

/**
 * Lets the server end a statement before we do, so that it says what it has waited for; and lets it do so by itself: one
 * that waits for a lock does not notice that nobody is there any more, and would still change a password when the lock is
 * gone, however late. It ends a session without a goodbye, as a killed Lambda leaves one, soon after, with its locks.
 *
 * Limits are set before changes alone: a read may go on without us, and SHOW WARNINGS must follow what it is about.
 * @returns sets the limits where those that were set last do no more: the server counts from the beginning of a statement,
 *   so that one that begins later is to get less time. `further` is what else SET is to set then
 */
export function timeLimiter(driver: Driver, context: RotationContext) {
  let limitedUntilMs = Number.POSITIVE_INFINITY
  return async (further = '') => {
    const remainingMs = Math.max(1, context.remainingMs())
    if (remainingMs >= limitedUntilMs) return
    const headStart = Math.min(headStartMs, remainingMs / 2)
    await driver.query(`SET ${further}${limits(remainingMs, headStart)}`)
    limitedUntilMs = remainingMs - headStart / 2
  }
}

/**
 * MariaDB's tables of accounts are waited for without regard to lock_wait_timeout (10.5 to 11.8), but not to
 * max_statement_time, which MySQL does not have: it takes what stands in a comment of MariaDB's for a comment (MariaDB
 * manual, "Comment Syntax").
 */
function limits(remainingMs: number, headStart: number): string {
  // 0 would be no limit.
  const statementSeconds = Math.max(1, remainingMs - headStart) / 1000
  // Limits for locks are whole seconds, and one at the least.
  const lockSeconds = Math.max(1, Math.floor(statementSeconds))
  const idleSeconds = Math.ceil(remainingMs / 1000) + graceSeconds
  const statementLimit = `/*M!100101 , SESSION max_statement_time = ${statementSeconds.toFixed(3)} */`
  return `SESSION lock_wait_timeout = ${lockSeconds}, SESSION wait_timeout = ${idleSeconds} ${statementLimit}`
}
