import './error-codes.ts'
import { RotationError } from '../errors/rotation-error.ts'
import { say } from '../errors/words.ts'
import { generatePassword } from '../password.ts'
import type { RotationContext } from '../rotation/context.ts'
import type { Versions } from '../rotation/secret-type.ts'
import { updatedUrls } from './connection-urls.ts'
import type { DatabaseEngine } from './engine.ts'
import { logsIn, nobodyLogsIn } from './logins.ts'
import { address, type DatabaseSecret, isSameServer, type Login, parseDatabaseSecret } from './secret.ts'

/** What all strategies of an engine share: the secret's form, and which of its fields are secret. */
export function databaseSecretType(engine: DatabaseEngine) {
  return {
    sensitive: ({ login }: DatabaseSecret) => [login.password],
    parse: (secretString: string) => parseDatabaseSecret(secretString, engine),
    serialize: ({ fields }: DatabaseSecret) => JSON.stringify(fields),
    outlives: ({ login }: DatabaseSecret) => engine.endSessions?.(login.username),
  }
}

/** What strategies share whose user name stays the same: the next value, and the proof that it logs in. */
export function oneLogin(engine: DatabaseEngine) {
  return {
    ...databaseSecretType(engine),
    async create({ current }: Pick<Versions<DatabaseSecret>, 'current'>, context: RotationContext) {
      const secret = await current()
      return nextSecret(secret, secret.login.username, engine, context)
    },
    async test({ pending: { login } }: Pick<Versions<DatabaseSecret>, 'pending'>, context: RotationContext) {
      if (!(await logsIn(engine, login, 'AWSPENDING', context))) throw nobodyLogsIn('AWSPENDING', login, engine)
    },
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
  const { fields, stale } = updatedUrls(current.fields, { username, password }, updateUrls)
  const named = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ')
  const updated = Object.keys(fields)
  if (updated.length > 0) context.did(say`put the new login into ${named(updated)}`)
  if (stale.length > 0) context.did(say`left the password before in ${named(stale)}, which is not updated`)
  const login = { ...current.login, username, password }
  return { ...current, fields: { ...current.fields, ...fields, username, password }, login }
}

/**
 * A pending value for another user or server would make us change, with our rights, a login that is not this secret's.
 * @throws RotationError PendingMismatch
 */
export function checkPending(pending: Login, current: Login, username: string): void {
  if (pending.username !== username) {
    const what = say`Attempting to modify user ${pending.username} other than ${username}.`
    throw new RotationError('PendingMismatch', what)
  }
  if (isSameServer(pending, current)) return
  const [theirs, ours] = [address(pending), address(current)]
  throw new RotationError(
    'PendingMismatch',
    say`Attempting to modify user for host ${theirs} other than current host ${ours}.`,
  )
}
