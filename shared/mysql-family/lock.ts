import { createHash } from 'node:crypto'
import { address } from '../database/secret.ts'
import { RotationError } from '../errors/rotation-error.ts'
import { ours, say } from '../errors/words.ts'
import type { RotationContext } from '../rotation/context.ts'
import type { ServerConnection } from './connection.ts'

const longestWaitSeconds = 10

/**
 * Waits until no other run looks at the accounts of a name and changes them, and keeps others waiting until the session
 * ends, however it ends.
 * @throws RotationError TimedOut
 */
export async function takeLock(connection: ServerConnection, user: string, context: RotationContext): Promise<void> {
  // Names of locks have 64 characters at the most (MySQL manual, "Locking Functions").
  const lock = `keyturn.${createHash('sha256').update(user).digest('hex').slice(0, 40)}`
  const seconds = Math.min(longestWaitSeconds, Math.max(0, Math.floor(context.remainingMs() / 1000) - 1))
  const [row] = await connection
    .read<{ got: unknown }>(say`waiting for other rotations of ${user}`, `SELECT GET_LOCK(?, ${seconds}) AS got`, [
      lock,
    ])
    // Some versions of Galera have no such locks (MDEV-31325). MariaDB's statements can all be repeated, by two at once, too.
    .catch((error: unknown) => {
      if (error instanceof RotationError && error.code === 'DatabaseFailed') return [{ got: 1 }]
      throw error
    })
  if (String(row?.got) === '1') return
  throw new RotationError('TimedOut', say`Another rotation is changing ${user} at ${address(connection.login)}.`, {
    likely: say`Another run of this step, which is at work or was killed a moment ago, holds the lock of that name.`,
    remedy: say`Nothing, if a later attempt succeeds; else SELECT IS_USED_LOCK('${ours(lock)}') gives the session to KILL.`,
  })
}
