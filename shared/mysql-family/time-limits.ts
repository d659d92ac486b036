/** How long before us the server is to end what still waits. */
const headStartMs = 1_000

/** How long the server keeps a session of ours that says nothing, beyond our own deadline. */
const graceSeconds = 2

/** What bounds the time of the statements of a session. */
export interface TimeLimits {
  /** A part of SET. */
  readonly sql: string
  /** Counted from now. The server counts from the beginning of a statement: those that begin later need new limits. */
  readonly validMs: number
}

/**
 * Lets the server end a statement before we do, so that it says what it has waited for; and lets it do so by itself: one
 * that waits for a lock does not notice that nobody is there any more, and would still change a password when the lock is
 * gone, however late. It ends a session without a goodbye, as a killed Lambda leaves one, soon after, with its locks.
 *
 * MariaDB's tables of accounts are waited for without regard to lock_wait_timeout (10.5 to 11.8), but not to
 * max_statement_time, which MySQL does not have: it takes what stands in a comment of MariaDB's for a comment (MariaDB
 * manual, "Comment Syntax").
 * @param remainingMs until we end
 */
export function timeLimits(remainingMs: number): TimeLimits {
  const headStart = Math.min(headStartMs, remainingMs / 2)
  // 0 would be no limit.
  const statementSeconds = Math.max(1, remainingMs - headStart) / 1000
  // Limits for locks are whole seconds, and one at the least.
  const lockSeconds = Math.max(1, Math.floor(statementSeconds))
  const idleSeconds = Math.ceil(remainingMs / 1000) + graceSeconds
  return {
    sql: [
      `SESSION lock_wait_timeout = ${lockSeconds}`,
      `SESSION wait_timeout = ${idleSeconds} /*M!100101 , SESSION max_statement_time = ${statementSeconds.toFixed(3)} */`,
    ].join(', '),
    validMs: headStart / 2,
  }
}
