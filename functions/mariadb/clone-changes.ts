import type { CloneChange, CloneNames } from '../../shared/database/engine.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import { type Difference, nameOf, statementOf } from '../../shared/mysql-family/differences.ts'
import { nativeHash } from '../../shared/mysql-family/native-hash.ts'
import { accountName } from '../../shared/mysql-family/quoting.ts'
import type { AccountState } from './accounts.ts'
import type { Pair } from './clone-state.ts'
import { identifiedVia } from './login-methods.ts'
import { givePasswords } from './native-password.ts'
import { makingEqual } from './superuser-rights.ts'

const noSuchTable = 1146
/** Neither are a column, a routine or a database of that name. */
const gone = [noSuchTable, 1054, 1305, 1049]

/** Makes the two equal in one thing; repeating it is harmless. */
export async function carryOut(
  connection: ServerConnection,
  difference: Difference,
  { base, clone }: CloneNames,
): Promise<void> {
  const doing = say`making ${clone} equal to ${base}`
  if (difference.kind === 'account') {
    await givePasswords(connection, doing, statementOf(difference))
    return
  }
  const attempt = (each: Difference) => connection.attempt(doing, statementOf(each), gone, makingEqual(difference))
  const refusal = await attempt(difference)
  if (refusal === undefined) return
  // What was granted on a table outlives it. Who is granted CREATE, too, may be granted the rest on one that is not there
  // (MariaDB manual, "GRANT"); that the clone may not keep CREATE shows when the two are compared again.
  if (refusal === noSuchTable && difference.kind === 'privileges') {
    const withCreate = { ...difference, changed: ['CREATE', ...difference.changed] }
    if (difference.clone === 'lacks' && (await attempt(withCreate)) === undefined) return
  }
  throw new RotationError('DatabaseFailed', say`${doing} failed (${refusal}): ${clone} lacks ${nameOf(difference)}.`, {
    likely: say`${base} was granted something on a column or a routine that is gone since.`,
    remedy: say`REVOKE it from ${base}, then rotate again.`,
  })
}

/**
 * All accounts that can be used change in one statement; options of ALTER USER hold for all accounts that it names.
 * @param expression the new password, as a PasswordWriter writes it
 */
export async function setPasswords(
  connection: ServerConnection,
  pairs: readonly Pair[],
  { base: baseName, username, password }: CloneChange,
  expression: string,
): Promise<void> {
  const doing = say`changing the password of ${username}`
  const hash = nativeHash(password)
  async function give(all: readonly AccountState[], lock?: 'LOCK' | 'UNLOCK'): Promise<void> {
    const isDone = ({ passwords, options }: AccountState) =>
      passwords.join() === hash && (lock === undefined || options.locked === (lock === 'LOCK'))
    const accounts = all.filter((account) => !isDone(account))
    if (accounts.length === 0) return
    const list = accounts.map((account) => `${accountName(account)} ${identifiedVia(account.methods, [expression])}`)
    const options = lock === undefined ? '' : ` ACCOUNT ${lock}`
    await givePasswords(connection, doing, `ALTER USER ${list.join(', ')}${options}`)
  }
  if (username === baseName) return give(pairs.map(({ base }) => base))
  const clones = (locked: boolean) =>
    pairs.flatMap(({ base, clone }) => (clone === undefined || base.options.locked !== locked ? [] : [clone]))
  await give(clones(true), 'LOCK')
  await give(clones(false), 'UNLOCK')
}
