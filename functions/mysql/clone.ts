import type { CloneChange, CloneNames } from '../../shared/database/engine.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import { noteDefined } from '../../shared/mysql-family/definers.ts'
import { type Difference, statementOf } from '../../shared/mysql-family/differences.ts'
import { checkNothingIsLost, makeEqual } from '../../shared/mysql-family/make-equal.ts'
import { type Account, accountName, literal, shownAccount } from '../../shared/mysql-family/quoting.ts'
import { checkMayHandOn } from './clone-admin-option.ts'
import { checkAccounts, checkIsOurs } from './clone-checks.ts'
import { differencesOf, inWords, type NewClone } from './clone-differences.ts'
import { checkEffect, hiddenRoutines } from './clone-effect.ts'
import { type CloneState, readCloneState } from './clone-state.ts'
import { isHashOf } from './password-hash.ts'
import { changingAccounts, checkSuperuser } from './superuser-rights.ts'

/**
 * Makes each account of the clone's name equal to the base's on the same host, by granting it the base as its default
 * role (MySQL manual, "Using Roles": accounts and roles are interchangeable), and gives one of the two the new password,
 * last: so whoever logs in with it can do what the other can.
 * @throws RotationError NotAClone, MissingPrivilege, LoginLocked, UnsupportedServer, before anything is changed
 */
export async function ensureClone(connection: ServerConnection, change: NewClone): Promise<void> {
  const { context } = connection
  await connection.lock(change.base)
  const describe = (differences: readonly Difference[]) => differences.slice(0, 5).map(inWords).join('; ')
  const work = {
    // Cutting down what was granted as ALL PRIVILEGES shows what is left only afterwards.
    mostRounds: 4,
    read: () => readCloneState(connection, change),
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
  if (state.others.length > 0 && change.username === change.base) await checkNotHidden(connection, state.others, change)
  await noteDefined(connection, [...state.clones.values()])
  const hidden = hiddenRoutines(state)
  if (hidden !== '')
    context.did(
      say`found routines that ${change.clone} may call, and information_schema does not show to it: ${hidden}`,
    )
}

/** Makes the two equal in one thing; repeating it is harmless. */
async function carryOut(connection: ServerConnection, difference: Difference, { base, clone }: CloneNames) {
  const statement = statementOf(difference)
  // An administrator can run it, too, where there is no password in it.
  const mend = changingAccounts(difference.kind === 'account' ? undefined : () => `${statement};`)
  await connection.change(say`making ${clone} the clone of ${base}`, statement, mend)
}

/** All accounts of the name at once; none that an earlier run has set already, which PASSWORD HISTORY would refuse. */
async function setPasswords(
  connection: ServerConnection,
  { bases, clones }: CloneState,
  { clone, username, password }: CloneChange,
): Promise<void> {
  const members = [...(username === clone ? clones : bases).values()]
  for (const account of members.filter(({ second }) => second.length > 0)) {
    const discard = `ALTER USER ${accountName(account)} DISCARD OLD PASSWORD`
    const doing = say`discarding the second password of ${username}`
    await connection.change(doing, discard, changingAccounts())
  }
  const plugin = ({ host }: Account) => bases.get(host)?.plugin ?? ''
  const clauses = members
    .filter((member) => member.plugin !== plugin(member) || !isHashOf(password, member.plugin, member.first))
    .map((member) => `${accountName(member)} IDENTIFIED WITH ${literal(plugin(member))} BY ${literal(password)}`)
  if (clauses.length === 0) return
  const [doing, alter] = [say`changing the password of ${username}`, `ALTER USER ${clauses.join(', ')}`]
  await connection.change(doing, alter, changingAccounts())
}

/** What a login that is somebody else's account ends in. */
const notLetIn: readonly string[] = ['LoginRefused', 'LoginLocked', 'LoginExpired', 'LoginMethod']

/** Of accounts of one name the server takes the one for the nearest host: for the function that may be somebody else's. */
async function checkNotHidden(
  connection: ServerConnection,
  others: readonly Account[],
  { username, password }: CloneChange,
): Promise<void> {
  try {
    const session = await connection.connectAs({ username, password, database: undefined })
    await session.close()
  } catch (error) {
    if (!(error instanceof RotationError) || !notLetIn.includes(error.code)) throw error
    const names = others.slice(0, 5).map(accountName).join(' or ')
    throw new RotationError(error.code, error.what, {
      likely: say`For the function's address the server takes ${names}, which has another password than the secret, or none.`,
      remedy: say`If applications log in by it: give it the password in AWSPREVIOUS, and it is rotated, too. Else rename or drop it. Then rotate again.`,
      cause: error.cause,
    })
  }
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
  const role = shownAccount({ user: base, host: account.host })
  const roles: readonly string[] = String(row?.roles).match(/`(?:[^`]|``)*`@`(?:[^`]|``)*`/g) ?? []
  if (roles.includes(role)) return
  throw new RotationError('PrivilegesDiffer', say`${accountName(account)} does not run with the role ${role}.`)
}
