import type { CloneChange, CloneNames } from '../../shared/database/engine.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { type Difference, describeDifferences, isRight, statementsOf } from '../../shared/mysql-family/differences.ts'
import { nativeHash } from '../../shared/mysql-family/native-hash.ts'
import { accountName } from '../../shared/mysql-family/quoting.ts'
import type { AccountState } from './accounts.ts'
import { cloneDifferences } from './clone-differences.ts'
import { type CloneState, isUnfinished, type Pair, type RightsState } from './clone-state.ts'

/** @throws RotationError NotAClone, LoginMethod or LoginLocked where the two can't be clones as they are */
export function checkAccounts({ base, clone, pairs }: CloneState, change: CloneChange): void {
  if (base.length === 0) {
    const likely = say`The account ${change.base} was dropped or renamed, or ${change.clone} is not a clone at all.`
    throw new RotationError('NotAClone', say`There is no account ${change.base}.`, { likely })
  }
  if (pairs.length === 0) throw new RotationError('LoginMethod', say`No account of ${change.base} has a password.`)
  if (pairs.every(({ base }) => base.options.locked))
    throw new RotationError('LoginLocked', say`${change.base} is locked.`)
  const strangers = clone.filter((account) => pairs.every(({ base }) => base.host !== account.host))
  if (strangers.length > 0) {
    const list = strangers.map(accountName).join(', ')
    throw new RotationError('NotAClone', say`${change.base} has no account with a password for the host of ${list}.`, {
      remedy: say`If ${change.clone} is the second login of ${change.base}: DROP USER ${list};`,
    })
  }
  checkNoneIsLocked(pairs, change)
  const bases = pairs.map(({ base }) => base)
  checkOnePassword(change.base, bases, change)
  checkOnePassword(change.clone, existingClones(pairs), change)
}

/** An unfinished account is known by a password that follows from the base's: where that was changed since, it is only locked. */
function checkNoneIsLocked(pairs: readonly Pair[], { base, clone }: CloneNames): void {
  const locked = pairs.flatMap((pair) =>
    pair.clone?.options.locked && !pair.base.options.locked && !isUnfinished(pair) ? [accountName(pair.clone)] : [],
  )
  if (locked.length === 0) return
  const list = locked.join(', ')
  throw new RotationError('LoginLocked', say`${list} is locked, and ${base} is not.`, {
    likely: say`Somebody has locked it; or a rotation was ended while it made ${clone}, and the password of ${base} was changed by hand since.`,
    remedy: say`If ${clone} has been AWSCURRENT before: ALTER USER ${list} ACCOUNT UNLOCK; if not: DROP USER ${list}; (it is made anew). Then rotate again.`,
  })
}

/**
 * Accounts of one name with different passwords belong to different people: one of them would be thrown out, or its
 * rights would go to the other.
 */
function checkOnePassword(user: string, accounts: readonly RightsState[], change: CloneChange): void {
  const hashes = new Set(accounts.map(({ passwords }) => passwords[0] ?? ''))
  // A run that was ended may have come to the first of them.
  if (user === change.username && hashes.size > 1) hashes.delete(nativeHash(change.password))
  if (hashes.size <= 1) return
  throw new RotationError('NotAClone', say`${accounts.map(accountName).join(', ')} do not have the same password.`, {
    likely: say`One name is used by several people or programs, from different hosts.`,
    remedy: say`Give all accounts of ${user} the same password (docs/from-aws-functions.md has a statement that leaves each its own, too), or drop those that are not needed.`,
  })
}

function existingClones(pairs: readonly Pair[]): RightsState[] {
  return pairs.flatMap((pair) => (pair.clone === undefined || isUnfinished(pair) ? [] : [pair.clone]))
}

/**
 * Whoever may write the secret can name any login in it, and an account with the clone's name may be anybody's. It is
 * taken for this secret's if it was made by an earlier run, has the pending password or the one before, or if nobody
 * gets or loses anything: then the two may do the same already.
 * @throws RotationError NotAClone
 */
export async function checkIsOurs(state: CloneState, change: CloneChange): Promise<void> {
  const { pairs } = state
  const accounts = change.username === change.base ? pairs.map(({ base }) => base) : existingClones(pairs)
  if (accounts.length === 0 && change.username === change.clone) return
  const differences = pairs.flatMap((pair): Difference[] => {
    const { base, clone } = pair
    if (clone !== undefined && !isUnfinished(pair)) return cloneDifferences(base, clone)
    const to = accountName({ user: change.clone, host: base.host })
    return [{ kind: 'account', to, clone: 'lacks', identified: '' }]
  })
  if (differences.length === 0) return
  // Each for itself: a run that was ended may have come to the first of them, and somebody else may have made another one.
  const without = (password: string) => (account: AccountState) => !account.passwords.includes(nativeHash(password))
  const older = accounts.filter(without(change.password))
  if (older.length === 0) return
  const previous = await change.previousPassword()
  if (previous !== undefined && !older.some(without(previous))) return
  throw notOurs(state, change, differences)
}

function notOurs({ clone }: CloneState, change: CloneChange, differences: readonly Difference[]): RotationError {
  const { username } = change
  const [other, isClone] = username === change.clone ? [change.base, true] : [change.clone, false]
  // What the login in use has, is taken from it by nobody; and what an ALTER USER is to set, nobody else needs to know.
  const printed = differences.filter((each) => (isClone || each.clone === 'lacks') && isRight(each)).slice(0, 5)
  const [rest, list] = [differences.length - printed.length, clone.map(accountName).join(', ')]
  const equal = [statementsOf(printed), rest > 0 ? `and what else differs (${rest})` : ''].join(' ').trim()
  const drop = `; or DROP USER ${list}; and the rotation makes it anew: AWSCURRENT is ${other}, so that only who has cached an older value, or a view or a routine that it is the definer of, needs it`
  const what = describeDifferences(differences, change.clone)
  return new RotationError('NotAClone', say`${username} exists, and is not provably of this secret: ${what}.`, {
    likely: say`${change.clone} belongs to somebody else; or the secret was edited since ${username} was last in use (AWSPREVIOUS then names the same user as AWSCURRENT), and rights were changed since.`,
    remedy: say`If ${change.clone} is the second login of ${change.base}: make the two equal: ${equal}${isClone ? drop : ''}. Then rotate again.`,
  })
}
