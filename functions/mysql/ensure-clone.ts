import type { CloneNames, NextLogin } from '../../shared/database/engine.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { connect, type ServerConnection } from '../../shared/mysql-family/connection.ts'
import { countDefined } from '../../shared/mysql-family/definers.ts'
import { takeLock } from '../../shared/mysql-family/lock.ts'
import { type Account, accountName, literal } from '../../shared/mysql-family/quoting.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import { explainedChange } from './clone-changes.ts'
import { checkAccounts, checkIsOurs, checkNothingIsLost, checkSuperuser } from './clone-checks.ts'
import { type CloneDifference, cloneDifferences } from './clone-differences.ts'
import { checkEffect, noteRoutines } from './clone-effect.ts'
import { type CloneState, ofTheSecret, readCloneState, roleName } from './clone-state.ts'
import { isHashOf } from './password-hash.ts'

/** Cutting down what was granted as ALL PRIVILEGES shows what is left only afterwards. */
const mostRounds = 4

interface Next extends NextLogin {
  /** Makes a password that nobody learns, for an account that is about to get the one of the secret. */
  newPassword(): string
}

/**
 * Makes each account of the clone's name equal to the base's on the same host, by granting it the base as its default
 * role (MySQL manual, "Using Roles": accounts and roles are interchangeable), and gives one of the two the new password,
 * last: so whoever logs in with it can do what the other can. No statement depends on how far an earlier run got.
 * @throws RotationError NotAClone, MissingPrivilege, LoginLocked, UnsupportedServer, before anything is changed
 */
export async function ensureClone(
  connection: ServerConnection,
  names: CloneNames,
  next: Next,
  previousPassword: () => Promise<string | undefined>,
  context: RotationContext,
): Promise<void> {
  await takeLock(connection, names.base, context)
  const read = async () => ofTheSecret(await readCloneState(connection, names), names, next, previousPassword)
  let pair = await read()
  checkAccounts(pair, names, next)
  checkEffect(pair, names)
  await checkSuperuser(connection, [...pair.bases.values()])
  let differences = cloneDifferences(pair, names, next)
  checkNothingIsLost(differences, names, next)
  await checkIsOurs(pair, differences, names, next, previousPassword)
  for (let round = 0; differences.length > 0; round++) {
    if (round === mostRounds) throw stillDiffer(differences, names)
    for (const { what, statement, remedy } of differences) {
      const making = connection.run(say`making ${names.clone} the clone of ${names.base}`, statement)
      await explainedChange(connection, making, remedy)
      context.did(say`${what}`)
    }
    pair = await read()
    differences = cloneDifferences(pair, names, next)
  }
  for (const account of pair.others)
    context.did(say`left ${accountName(account)} alone, which has another password or none`)
  await setPassword(connection, pair, names, next)
  if (pair.others.length > 0 && next.username === names.base)
    await checkNotHidden(connection, pair.others, next, context)
  await countDefined(connection, [...pair.clones.values()], names.clone, context)
  noteRoutines(pair, names, context)
}

/** All accounts of the name at once; none that an earlier run has set already, which PASSWORD HISTORY would refuse. */
async function setPassword(connection: ServerConnection, { bases, clones }: CloneState, names: CloneNames, next: Next) {
  const members = [...(next.username === names.clone ? clones : bases).values()]
  for (const account of members.filter(({ second }) => second.length > 0)) {
    const discard = `ALTER USER ${accountName(account)} DISCARD OLD PASSWORD`
    await explainedChange(connection, connection.run(say`discarding the second password of ${next.username}`, discard))
  }
  const plugin = ({ host }: Account) => bases.get(host)?.plugin ?? ''
  const clauses = members
    .filter((member) => member.plugin !== plugin(member) || !isHashOf(next.password, member.plugin, member.first))
    .map((member) => `${accountName(member)} IDENTIFIED WITH ${literal(plugin(member))} BY ${literal(next.password)}`)
  if (clauses.length === 0) return
  const change = connection.run(say`changing the password of ${next.username}`, `ALTER USER ${clauses.join(', ')}`)
  await explainedChange(connection, change)
}

/** What a login that is somebody else's account ends in. */
const notLetIn: readonly string[] = ['LoginRefused', 'LoginLocked', 'LoginExpired', 'LoginMethod']

/** Of accounts of one name the server takes the one for the nearest host: for the function that may be somebody else's. */
async function checkNotHidden(
  { login }: ServerConnection,
  others: readonly Account[],
  { username, password }: Next,
  context: RotationContext,
): Promise<void> {
  try {
    const session = await connect({ ...login, username, password, database: undefined }, context)
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

function stillDiffer(differences: readonly CloneDifference[], { base, clone }: CloneNames): RotationError {
  const what = differences.map((each) => each.what).slice(0, 5)
  return new RotationError('PrivilegesDiffer', say`${clone} could not be made equal to ${base}: ${what.join('; ')}.`)
}

/**
 * As the clone: that it runs as the base. As the base there is nothing to compare: what it may do depends on no role of the
 * clone, and what the clone had beyond it is gone since setSecret.
 * @throws RotationError PrivilegesDiffer
 */
export async function checkClone(connection: ServerConnection, { base, clone }: CloneNames): Promise<void> {
  const { login, account } = connection
  if (login.username !== clone) return
  const [row] = await connection.run<{ roles: unknown }>(
    say`reading the roles in force`,
    'SELECT CURRENT_ROLE() AS roles',
  )
  const role = roleName({ user: base, host: account.host })
  const roles: readonly string[] = String(row?.roles).match(/`(?:[^`]|``)*`@`(?:[^`]|``)*`/g) ?? []
  if (roles.includes(role)) return
  throw new RotationError('PrivilegesDiffer', say`${accountName(account)} does not run with the role ${role}.`)
}
