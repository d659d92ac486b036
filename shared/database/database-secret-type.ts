import './error-codes.ts'
import { RotationError } from '../errors/rotation-error.ts'
import { say } from '../errors/words.ts'
import { generatePassword } from '../password.ts'
import type { RotationContext } from '../rotation/context.ts'
import { updatedUrls } from './connection-urls.ts'
import type { DatabaseEngine } from './engine.ts'
import { address, type DatabaseSecret, isSameServer, loginOf, parseDatabaseSecret } from './secret.ts'

/** What all strategies of an engine share: the secret's form, and which of its fields are secret. */
export function databaseSecretType(engine: DatabaseEngine) {
  return {
    sensitive: ({ password }: DatabaseSecret) => [password],
    parse: (secretString: string) => parseDatabaseSecret(secretString, engine),
    serialize: (secret: DatabaseSecret) => JSON.stringify(secret),
    outlives: ({ username }: DatabaseSecret) => engine.endSessions?.(username),
  }
}

/**
 * The current value with a new password, and perhaps another user name, also in connection URLs; all other fields as they
 * are.
 */
export function nextSecret(
  current: DatabaseSecret,
  username: string,
  { passwordRules, updateUrls }: Pick<DatabaseEngine, 'passwordRules' | 'updateUrls'>,
  context: RotationContext,
): DatabaseSecret {
  const password = generatePassword(passwordRules, context)
  const { fields, stale } = updatedUrls(current, { username, password }, updateUrls)
  const named = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ')
  const updated = Object.keys(fields)
  if (updated.length > 0) context.did(say`put the new login into ${named(updated)}`)
  if (stale.length > 0) context.did(say`left the password before in ${named(stale)}, which is not updated`)
  return { ...current, ...fields, username, password }
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
    const what = say`Attempting to modify user ${pending.username} other than ${username}.`
    throw new RotationError('PendingMismatch', what)
  }
  if (isSameServer(pending, current, engine)) return
  const [theirs, ours] = [address(loginOf(pending, engine)), address(loginOf(current, engine))]
  throw new RotationError(
    'PendingMismatch',
    say`Attempting to modify user for host ${theirs} other than current host ${ours}.`,
  )
}
