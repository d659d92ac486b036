import type { CloneNames } from '../../shared/database/engine.ts'
import { say } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import { countDefined } from '../../shared/mysql-family/definers.ts'
import type { Difference } from '../../shared/mysql-family/differences.ts'
import { takeLock } from '../../shared/mysql-family/lock.ts'
import { makeEqual } from '../../shared/mysql-family/make-equal.ts'
import { accountName } from '../../shared/mysql-family/quoting.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import { change, checkNotHidden, setPasswords } from './clone-changes.ts'
import { checkAccounts, checkIsOurs, checkLoss } from './clone-checks.ts'
import { differencesOf, inWords, type NextAccount } from './clone-differences.ts'
import { checkEffect, noteRoutines } from './clone-effect.ts'
import { type CloneState, ofTheSecret, readCloneState } from './clone-state.ts'
import { checkSuperuser } from './superuser-rights.ts'

/**
 * Makes each account of the clone's name equal to the base's on the same host, by granting it the base as its default
 * role (MySQL manual, "Using Roles": accounts and roles are interchangeable), and gives one of the two the new password,
 * last: so whoever logs in with it can do what the other can.
 * @throws RotationError NotAClone, MissingPrivilege, LoginLocked, UnsupportedServer, before anything is changed
 */
export async function ensureClone(
  connection: ServerConnection,
  names: CloneNames,
  next: NextAccount,
  previousPassword: () => Promise<string | undefined>,
  context: RotationContext,
): Promise<void> {
  await takeLock(connection, names.base, context)
  const work = {
    // Cutting down what was granted as ALL PRIVILEGES shows what is left only afterwards.
    mostRounds: 4,
    read: async () => ofTheSecret(await readCloneState(connection, names), names, next, previousPassword),
    differences: (state: CloneState) => differencesOf(state, names, next),
    async check(state: CloneState, differences: readonly Difference[]) {
      checkAccounts(state, names, next)
      checkEffect(state, names)
      await checkSuperuser(connection, [...state.bases.values()])
      checkLoss(differences, names, next)
      await checkIsOurs(state, differences, names, next, previousPassword)
    },
    async change(difference: Difference) {
      await change(connection, difference, names)
      context.did(say`${inWords(difference)}`)
    },
    describe: (differences: readonly Difference[]) => differences.slice(0, 5).map(inWords).join('; '),
  }
  const state = await makeEqual(work, names)
  for (const account of state.others)
    context.did(say`left ${accountName(account)} alone, which has another password or none`)
  await setPasswords(connection, state, names, next)
  if (state.others.length > 0 && next.username === names.base)
    await checkNotHidden(connection, state.others, next, context)
  await countDefined(connection, [...state.clones.values()], names.clone, context)
  noteRoutines(state, names, context)
}
