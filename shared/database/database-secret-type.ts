import { generatePassword, type Random } from '../password.ts'
import { RotationError } from '../rotation/errors.ts'
import type { DatabaseEngine } from './engine.ts'
import { address, type DatabaseSecret, isSameServer, loginOf, parseDatabaseSecret } from './secret.ts'

/** What all strategies of an engine share: the secret's form, and which of its fields are secret. */
export function databaseSecretType(engine: DatabaseEngine) {
  return {
    sensitive: ({ password }: DatabaseSecret) => [password],
    parse: (secretString: string) => parseDatabaseSecret(secretString, engine),
    serialize: (secret: DatabaseSecret) => JSON.stringify(secret),
  }
}

/**
 * The current value with a new password, and perhaps another user name; all other fields as they are.
 */
export function nextSecret(
  current: DatabaseSecret,
  username: string,
  { passwordRules }: Pick<DatabaseEngine, 'passwordRules'>,
  random: Random,
): DatabaseSecret {
  return { ...current, username, password: generatePassword(passwordRules, random) }
}

/**
 * A pending value for another user or server would make us change, with our rights, a login that is not this secret's.
 * @throws RotationError PendingMismatch
 */
export function checkPending(
  pending: DatabaseSecret,
  current: DatabaseSecret,
  username: string,
  engine: DatabaseEngine,
): void {
  if (pending.username !== username) {
    const what = `Attempting to modify user ${pending.username} other than ${username}.`
    throw new RotationError('PendingMismatch', what)
  }
  if (isSameServer(pending, current, engine)) return
  const [theirs, ours] = [address(loginOf(pending, engine)), address(loginOf(current, engine))]
  throw new RotationError(
    'PendingMismatch',
    `Attempting to modify user for host ${theirs} other than current host ${ours}.`,
  )
}
