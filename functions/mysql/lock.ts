import { createHash } from 'node:crypto'
import { address } from '../../shared/database/secret.ts'
import type { ServerConnection } from '../../shared/mysql-protocol/connection.ts'
import { literal } from '../../shared/mysql-protocol/quoting.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import { RotationError } from '../../shared/rotation/errors.ts'

/**
 * Does something that no other rotation does to the same login at the same time. The server lets go of the lock by itself
 * when the session ends, however it ends.
 * @throws RotationError TimedOut where another one holds the lock until our time is nearly over
 */
export async function withLock<T>(
  connection: ServerConnection,
  username: string,
  context: RotationContext,
  work: () => Promise<T>,
): Promise<T> {
  // Names of locks have 64 characters at the most (MySQL manual, "Locking Functions").
  const name = literal(`keyturn.${createHash('sha256').update(username).digest('hex').slice(0, 40)}`)
  const seconds = Math.max(1, Math.floor(context.remainingMs() / 1000) - 1)
  const doing = `waiting for other rotations of ${username}`
  const [row] = await connection.run<{ got: unknown }>(doing, `SELECT GET_LOCK(${name}, ${seconds}) AS got`)
  if (String(row?.got) === '1') return await work()
  throw new RotationError('TimedOut', `Another rotation is changing ${username} at ${address(connection.login)}.`)
}
