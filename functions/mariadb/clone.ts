import type { CloneChange, CloneNames } from '../../shared/database/engine.ts'
import { address } from '../../shared/database/secret.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import { noteDefined } from '../../shared/mysql-family/definers.ts'
import {
  type Difference,
  describeDifferences,
  listed,
  nameOf,
  statementOf,
} from '../../shared/mysql-family/differences.ts'
import { checkNothingIsLost, makeEqual } from '../../shared/mysql-family/make-equal.ts'
import { nativeHash } from '../../shared/mysql-family/native-hash.ts'
import { accountName } from '../../shared/mysql-family/quoting.ts'
import type { AccountState } from './accounts.ts'
import { checkAccounts, checkIsOurs } from './clone-checks.ts'
import { cloneDifferences, differencesOf } from './clone-differences.ts'
import { type CloneState, type OwnRights, readCloneState, readOwnRights } from './clone-state.ts'
import { identifiedVia } from './login-methods.ts'
import { givePasswords, type PasswordWriter } from './native-password.ts'
import { checkSuperuser, makingEqual } from './superuser-rights.ts'

/**
 * As a superuser: makes the clone equal to the base, and then gives one of them a new password. Each statement leaves
 * something that the next run can go on from, and the password comes last: that it logs in proves that all was done.
 * @throws RotationError NotAClone, LoginLocked, MissingPrivilege and others, before anything is changed
 */
export async function ensureClone(
  connection: ServerConnection,
  change: CloneChange,
  write: PasswordWriter,
): Promise<void> {
  const { context } = connection
  const expression = write(change.password)
  await connection.lock(change.base)
  const describe = (differences: readonly Difference[]) => describeDifferences(differences, change.clone)
  const made: Difference[] = []
  const work = {
    // Three rounds were the most that was ever seen.
    mostRounds: 6,
    read: () => readCloneState(connection, change),
    differences: ({ pairs }: CloneState) => differencesOf(pairs, change, write),
    async check(state: CloneState, differences: readonly Difference[]) {
      checkAccounts(state, change)
      await checkIsOurs(state, change)
      for (const account of state.base.filter(({ passwords }) => passwords.length === 0))
        context.did(say`left ${accountName(account)} alone, which has no password`)
      checkNothingIsLost(differences, change, describe)
      await checkSuperuser(connection, differences)
    },
    async carryOut(difference: Difference) {
      await carryOut(connection, difference, change)
      made.push(difference)
    },
    describe,
  }
  const { pairs, clone } = await makeEqual(work, change)
  if (made.length > 0) context.did(say`made ${change.clone} equal to ${change.base} in: ${listed(made.map(nameOf))}`)
  await setPasswords(connection, pairs, change, expression)
  await noteDefined(connection, clone)
}

const noSuchTable = 1146
/** Neither are a column, a routine or a database of that name. */
const gone = [noSuchTable, 1054, 1305, 1049]

/** Makes the two equal in one thing; repeating it is harmless. */
async function carryOut(connection: ServerConnection, difference: Difference, { base, clone }: CloneNames) {
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
  if (refusal === noSuchTable && difference.kind === 'privileges' && difference.clone === 'lacks') {
    const withCreate = { ...difference, changed: ['CREATE', ...difference.changed] }
    if ((await attempt(withCreate)) === undefined) return
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
async function setPasswords(
  connection: ServerConnection,
  pairs: CloneState['pairs'],
  { base: baseName, username, password }: CloneChange,
  expression: string,
): Promise<void> {
  const hash = nativeHash(password)
  async function give(all: readonly AccountState[], locked?: boolean): Promise<void> {
    const isDone = ({ passwords, options }: AccountState) =>
      passwords.join() === hash && (locked === undefined || options.locked === locked)
    const accounts = all.filter((account) => !isDone(account))
    if (accounts.length === 0) return
    const list = accounts.map((account) => `${accountName(account)} ${identifiedVia(account.methods, [expression])}`)
    const option = locked === undefined ? '' : ` ACCOUNT ${locked ? 'LOCK' : 'UNLOCK'}`
    await givePasswords(connection, say`changing the password of ${username}`, `ALTER USER ${list.join(', ')}${option}`)
  }
  if (username === baseName) return give(pairs.map(({ base }) => base))
  for (const locked of [true, false])
    await give(
      pairs.flatMap(({ base, clone }) => (clone !== undefined && base.options.locked === locked ? [clone] : [])),
      locked,
    )
}

/** As one of the two: reads what it may do and, as the other, what that one may do. @throws RotationError PrivilegesDiffer */
export async function checkClone(
  connection: ServerConnection,
  names: CloneNames,
  asOther: () => Promise<(AsyncDisposable & { ownRights(): Promise<OwnRights> }) | undefined>,
): Promise<void> {
  await using other = await asOther()
  if (other === undefined) {
    const which = say`the other of ${names.base} and ${names.clone}`
    const what = say`${address(connection.login)} refuses ${which}: their rights could not be compared.`
    throw new RotationError('LoginRefused', what)
  }
  const [mine, others] = [await readOwnRights(connection), await other.ownRights()]
  const [base, clone] = mine.user === names.base ? [mine, others] : [others, mine]
  const differences = cloneDifferences(base, clone)
  if (differences.length === 0) return
  const what = describeDifferences(differences, names.clone)
  throw new RotationError('PrivilegesDiffer', say`${names.clone} and ${names.base} differ: ${what}.`)
}
