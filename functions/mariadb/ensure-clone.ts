import type { CloneNames, NextLogin } from '../../shared/database/engine.ts'
import { say } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import { countDefined } from '../../shared/mysql-family/definers.ts'
import { type Difference, describeDifferences, listed, nameOf } from '../../shared/mysql-family/differences.ts'
import { takeLock } from '../../shared/mysql-family/lock.ts'
import { checkNothingIsLost, makeEqual } from '../../shared/mysql-family/make-equal.ts'
import { accountName } from '../../shared/mysql-family/quoting.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import { change, setPasswords } from './clone-changes.ts'
import { checkAccounts, checkIsOurs } from './clone-checks.ts'
import { differencesOf } from './clone-differences.ts'
import { type CloneState, pairsOf, readCloneState } from './clone-state.ts'
import type { PasswordWriter } from './native-password.ts'
import { checkSuperuser } from './superuser-rights.ts'

/**
 * As a superuser: makes the clone equal to the base, and then gives one of them a new password. Each statement leaves
 * something that the next run can go on from, and the password comes last: that it logs in proves that all was done.
 * @throws RotationError NotAClone, LoginLocked, MissingPrivilege and others, before anything is changed
 */
export async function ensureClone(
  connection: ServerConnection,
  names: CloneNames,
  next: NextLogin,
  previousPassword: () => Promise<string | undefined>,
  write: PasswordWriter,
  context: RotationContext,
): Promise<void> {
  const expression = write(next.password)
  await takeLock(connection, names.base, context)
  const describe = (differences: readonly Difference[]) => describeDifferences(differences, names.clone)
  const made: Difference[] = []
  const work = {
    // Three rounds were the most that was ever seen.
    mostRounds: 6,
    read: () => readCloneState(connection, names),
    differences: (state: CloneState) => differencesOf(pairsOf(state), names, next.username, write),
    async check(state: CloneState, differences: readonly Difference[]) {
      checkAccounts(state, names, next)
      await checkIsOurs(state, names, next, previousPassword)
      for (const account of state.base.filter(({ passwords }) => passwords.length === 0))
        context.did(say`left ${accountName(account)} alone, which has no password`)
      checkNothingIsLost(differences, names, next.username, describe)
      await checkSuperuser(connection, differences)
    },
    async change(difference: Difference) {
      await change(connection, difference, names)
      made.push(difference)
    },
    describe,
  }
  const state = await makeEqual(work, names)
  if (made.length > 0) context.did(say`made ${names.clone} equal to ${names.base} in: ${listed(made.map(nameOf))}`)
  await setPasswords(connection, pairsOf(state), names, next, expression)
  await countDefined(connection, state.clone, names.clone, context)
}
