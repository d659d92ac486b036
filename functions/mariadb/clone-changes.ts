import type { CloneNames } from '../../shared/database/engine.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import type { Difference } from '../../shared/mysql-family/grant-differences.ts'
import { explained } from '../../shared/mysql-family/missing-privilege.ts'
import { nativeHash } from '../../shared/mysql-family/native-hash.ts'
import { accountName } from '../../shared/mysql-family/quoting.ts'
import type { AccountState } from './accounts.ts'
import { cloneDifferences, newAccount, type Pair, unfinishedPassword } from './clone-state.ts'
import { identifiedVia } from './login-methods.ts'
import { givePasswords, nativePlugin, type PasswordWriter } from './native-password.ts'
import { grantFor } from './superuser-rights.ts'

/** Accounts that are missing are made only while the clone is not in use: one for a nearer host would stand in its way. */
export function workFor(
  pairs: readonly Pair[],
  names: CloneNames,
  username: string,
  write: PasswordWriter,
): Difference[] {
  return pairs.flatMap(({ base, clone }) => {
    if (clone !== undefined) return cloneDifferences(base, clone)
    if (username !== names.clone) return []
    const account = { user: names.clone, host: base.host }
    const to = accountName(account)
    const marker = write(unfinishedPassword(base))
    const statement = `CREATE USER ${to} IDENTIFIED VIA ${nativePlugin} USING ${marker} ACCOUNT LOCK`
    const create: Difference = { what: `the account ${to}`, clone: 'lacks', statement }
    return [create, ...cloneDifferences(base, newAccount(account))]
  })
}

const noSuchTable = 1146
/** Neither are a column, a routine or a database of that name. */
const gone = [noSuchTable, 1054, 1305, 1049]

/** Carries one of them out; repeating it is harmless. */
export async function makeEqual(
  connection: ServerConnection,
  work: Difference,
  { base, clone }: CloneNames,
): Promise<void> {
  const doing = say`making ${clone} equal to ${base}`
  if (work.statement.startsWith('CREATE USER')) {
    await givePasswords(connection, doing, work.statement)
    return
  }
  const attempt = (statement: string, expected: readonly number[]) =>
    explained(connection.attempt(doing, statement, expected), grantFor(work, accountName(connection.account)))
  const refusal = await attempt(work.statement, gone)
  if (refusal === undefined) return
  // What was granted on a table outlives it. Who is granted CREATE, too, may be granted the rest on one that is not there
  // (MariaDB manual, "GRANT"); that the clone may not keep CREATE shows when the two are compared again.
  if (
    refusal === noSuchTable &&
    (await attempt(work.statement.replace('GRANT ', 'GRANT CREATE, '), gone)) === undefined
  )
    return
  throw new RotationError('DatabaseFailed', say`${doing} failed (${refusal}): ${clone} lacks ${work.what}.`, {
    likely: say`${base} was granted something on a column or a routine that is gone since.`,
    remedy: say`REVOKE it from ${base}, then rotate again.`,
  })
}

/** All accounts that can be used change in one statement; options of ALTER USER hold for all accounts that it names. */
export async function setPasswords(
  connection: ServerConnection,
  pairs: readonly Pair[],
  names: CloneNames,
  { username, password }: { readonly username: string; readonly password: string },
  expression: string,
): Promise<void> {
  const doing = say`changing the password of ${username}`
  const hash = nativeHash(password)
  async function change(all: readonly AccountState[], lock?: 'LOCK' | 'UNLOCK'): Promise<void> {
    const isDone = ({ passwords, options }: AccountState) =>
      passwords.join() === hash && (lock === undefined || options.locked === (lock === 'LOCK'))
    const accounts = all.filter((account) => !isDone(account))
    if (accounts.length === 0) return
    const list = accounts.map((account) => `${accountName(account)} ${identifiedVia(account.methods, [expression])}`)
    const options = lock === undefined ? '' : ` ACCOUNT ${lock}`
    await givePasswords(connection, doing, `ALTER USER ${list.join(', ')}${options}`)
  }
  if (username === names.base) return change(pairs.map(({ base }) => base))
  const clones = (locked: boolean) =>
    pairs.flatMap(({ base, clone }) => (clone === undefined || base.options.locked !== locked ? [] : [clone]))
  await change(clones(true), 'LOCK')
  await change(clones(false), 'UNLOCK')
}
