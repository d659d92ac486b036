import type { CloneChange, CloneNames } from '../../shared/database/engine.ts'
import { address } from '../../shared/database/secret.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import { countDefined } from '../../shared/mysql-family/definers.ts'
import { type Difference, describeDifferences, listed, nameOf } from '../../shared/mysql-family/differences.ts'
import { takeLock } from '../../shared/mysql-family/lock.ts'
import { checkNothingIsLost, makeEqual } from '../../shared/mysql-family/make-equal.ts'
import { accountName } from '../../shared/mysql-family/quoting.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import { carryOut, setPasswords } from './clone-changes.ts'
import { checkAccounts, checkIsOurs } from './clone-checks.ts'
import { cloneDifferences, differencesOf } from './clone-differences.ts'
import { type CloneState, type OwnRights, pairsOf, readCloneState, readOwnRights } from './clone-state.ts'
import type { PasswordWriter } from './native-password.ts'
import { checkSuperuser } from './superuser-rights.ts'

/**
 * As a superuser: makes the clone equal to the base, and then gives one of them a new password. Each statement leaves
 * something that the next run can go on from, and the password comes last: that it logs in proves that all was done.
 * @throws RotationError NotAClone, LoginLocked, MissingPrivilege and others, before anything is changed
 */
export async function ensureClone(
  connection: ServerConnection,
  change: CloneChange,
  write: PasswordWriter,
  context: RotationContext,
): Promise<void> {
  const expression = write(change.password)
  await takeLock(connection, change.base, context)
  const describe = (differences: readonly Difference[]) => describeDifferences(differences, change.clone)
  const made: Difference[] = []
  const work = {
    // Three rounds were the most that was ever seen.
    mostRounds: 6,
    read: () => readCloneState(connection, change),
    differences: (state: CloneState) => differencesOf(pairsOf(state), change, write),
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
  const state = await makeEqual(work, change)
  if (made.length > 0) context.did(say`made ${change.clone} equal to ${change.base} in: ${listed(made.map(nameOf))}`)
  await setPasswords(connection, pairsOf(state), change, expression)
  await countDefined(connection, state.clone, change.clone, context)
}

/** As one of the two: reads what it may do and, as the other, what that one may do. @throws RotationError PrivilegesDiffer */
export async function checkClone(
  connection: ServerConnection,
  names: CloneNames,
  asOther: () => Promise<(AsyncDisposable & { ownRights(): Promise<OwnRights> }) | undefined>,
): Promise<void> {
  await using other = await asOther()
  if (other === undefined) {
    throw new RotationError(
      'LoginRefused',
      say`${address(connection.login)} refuses the other of ${names.base} and ${names.clone}: their rights could not be compared.`,
    )
  }
  const [mine, others] = [await readOwnRights(connection), await other.ownRights()]
  const [base, clone] = mine.user === names.base ? [mine, others] : [others, mine]
  const differences = cloneDifferences(base, clone)
  if (differences.length === 0) return
  const what = describeDifferences(differences, names.clone)
  throw new RotationError('PrivilegesDiffer', say`${names.clone} and ${names.base} differ: ${what}.`)
}
