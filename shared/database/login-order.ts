import type { RotationContext } from '../rotation/context.ts'
import { RotationError } from '../rotation/errors.ts'
import type { DatabaseEngine, DatabaseSession } from './engine.ts'
import { address, type DatabaseSecret, loginOf } from './secret.ts'

/**
 * Logs in as one of the versions, and gives undefined where the server refuses its password. An unreachable server is
 * not a refusal: it ends the step.
 */
export async function tryLogin<Session extends DatabaseSession>(
  engine: DatabaseEngine<Session>,
  secret: DatabaseSecret,
  label: string,
  context: RotationContext,
): Promise<Session | undefined> {
  const login = loginOf(secret, engine)
  try {
    const session = await engine.connect(login, context)
    context.did(`logged in as ${label} (${login.username})`)
    return session
  } catch (error) {
    if (!(error instanceof RotationError) || error.code !== 'LoginRefused') throw error
    context.did(`was refused as ${label} (${login.username})`)
    return undefined
  }
}

/** The error for a secret none of whose tried versions logs in. */
export function nobodyLogsIn(tried: string, secret: DatabaseSecret, engine: DatabaseEngine): RotationError {
  const login = loginOf(secret, engine)
  return new RotationError('LoginRefused', `${address(login)} refuses ${login.username} with ${tried}.`)
}
