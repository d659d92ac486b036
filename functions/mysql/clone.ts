import type { CloneNames } from '../../shared/database/engine.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import { countDefined } from '../../shared/mysql-family/definers.ts'
import type { Difference } from '../../shared/mysql-family/differences.ts'
import { takeLock } from '../../shared/mysql-family/lock.ts'
import { checkNothingIsLost, makeEqual } from '../../shared/mysql-family/make-equal.ts'
import { accountName } from '../../shared/mysql-family/quoting.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import { checkMayHandOn } from './clone-admin-option.ts'
import { carryOut, checkNotHidden, setPasswords } from './clone-changes.ts'
import { checkAccounts, checkIsOurs } from './clone-checks.ts'
import { differencesOf, inWords, type NewClone } from './clone-differences.ts'
import { checkEffect, noteRoutines } from './clone-effect.ts'
import { type CloneState, ofTheSecret, readCloneState, roleName } from './clone-state.ts'
import { checkSuperuser } from './superuser-rights.ts'

/**
 * Makes each account of the clone's name equal to the base's on the same host, by granting it the base as its default
 * role (MySQL manual, "Using Roles": accounts and roles are interchangeable), and gives one of the two the new password,
 * last: so whoever logs in with it can do what the other can.
 * @throws RotationError NotAClone, MissingPrivilege, LoginLocked, UnsupportedServer, before anything is changed
 */
export async function ensureClone(
  connection: ServerConnection,
  change: NewClone,
  context: RotationContext,
): Promise<void> {
  await takeLock(connection, change.base, context)
  const describe = (differences: readonly Difference[]) => differences.slice(0, 5).map(inWords).join('; ')
  const work = {
    // Cutting down what was granted as ALL PRIVILEGES shows what is left only afterwards.
    mostRounds: 4,
    read: async () => ofTheSecret(await readCloneState(connection, change), change),
    differences: (state: CloneState) => differencesOf(state, change),
    async check(state: CloneState, differences: readonly Difference[]) {
      checkAccounts(state, change)
      checkEffect(state, change)
      await checkSuperuser(connection, [...state.bases.values()])
      checkNothingIsLost(differences, change, (lost) => `${describe(lost)}, which ${change.base} has not`)
      await checkIsOurs(state, differences, change)
      checkMayHandOn(state, change)
    },
    async carryOut(difference: Difference) {
      await carryOut(connection, difference, change)
      context.did(say`${inWords(difference)}`)
    },
    describe,
  }
  const state = await makeEqual(work, change)
  for (const account of state.others)
    context.did(say`left ${accountName(account)} alone, which has another password or none`)
  await setPasswords(connection, state, change)
  if (state.others.length > 0 && change.username === change.base)
    await checkNotHidden(connection, state.others, change, context)
  await countDefined(connection, [...state.clones.values()], change.clone, context)
  noteRoutines(state, change, context)
}

/**
 * As the clone: that it runs as the base. As the base there is nothing to compare: what it may do depends on no role of the
 * clone, and what the clone had beyond it is gone since setSecret.
 * @throws RotationError PrivilegesDiffer
 */
export async function checkClone(connection: ServerConnection, { base, clone }: CloneNames): Promise<void> {
  const { login, account } = connection
  if (login.username !== clone) return
  const [row] = await connection.read<{ roles: unknown }>(
    say`reading the roles in force`,
    'SELECT CURRENT_ROLE() AS roles',
  )
  const role = roleName({ user: base, host: account.host })
  const roles: readonly string[] = String(row?.roles).match(/`(?:[^`]|``)*`@`(?:[^`]|``)*`/g) ?? []
  if (roles.includes(role)) return
  throw new RotationError('PrivilegesDiffer', say`${accountName(account)} does not run with the role ${role}.`)
}
