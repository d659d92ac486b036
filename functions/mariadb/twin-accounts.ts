import type { TwinNames } from '../../shared/database/engine.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { type Difference, describeDifferences } from '../../shared/mysql-protocol/grant-differences.ts'
import { nativeHash } from '../../shared/mysql-protocol/native-hash.ts'
import { accountName } from '../../shared/mysql-protocol/quoting.ts'
import { isUnfinished, type Pair, pairsOf, type RightsState, type TwinState, twinDifferences } from './twin-state.ts'

interface Next {
  readonly username: string
  readonly password: string
}

/** @throws RotationError NotATwin, LoginMethod or LoginLocked where the two can't be twins as they are */
export function checkAccounts(state: TwinState, names: TwinNames, next: Next): void {
  const pairs = pairsOf(state)
  if (state.base.length === 0) {
    const likely = say`The account ${names.base} was dropped or renamed, or ${names.twin} is not a twin at all.`
    throw new RotationError('NotATwin', say`There is no account ${names.base}.`, { likely })
  }
  if (pairs.length === 0) throw new RotationError('LoginMethod', say`No account of ${names.base} has a password.`)
  if (pairs.every(({ base }) => base.options.locked))
    throw new RotationError('LoginLocked', say`${names.base} is locked.`)
  const strangers = state.twin.filter((account) => pairs.every(({ base }) => base.host !== account.host))
  if (strangers.length > 0) {
    const list = strangers.map(accountName).join(', ')
    throw new RotationError('NotATwin', say`${names.base} has no account with a password for the host of ${list}.`, {
      remedy: say`If ${names.twin} is the second login of ${names.base}: DROP USER ${list};`,
    })
  }
  checkNoneIsLocked(pairs, names)
  checkOnePassword(
    names.base,
    pairs.map(({ base }) => base),
    next,
  )
  checkOnePassword(names.twin, existingTwins(pairs), next)
}

/** A marker is known by the password of the base alone: where that was changed since, an unfinished account is a locked one. */
function checkNoneIsLocked(pairs: readonly Pair[], { base, twin }: TwinNames): void {
  const locked = pairs.flatMap((pair) =>
    pair.twin?.options.locked && !pair.base.options.locked && !isUnfinished(pair) ? [accountName(pair.twin)] : [],
  )
  if (locked.length === 0) return
  const list = locked.join(', ')
  throw new RotationError('LoginLocked', say`${list} is locked, and ${base} is not.`, {
    likely: say`Somebody has locked it; or a rotation was ended while it made ${twin}, and the password of ${base} was changed by hand since.`,
    remedy: say`If ${twin} has been AWSCURRENT before: ALTER USER ${list} ACCOUNT UNLOCK; if not: DROP USER ${list}; (it is made anew). Then rotate again.`,
  })
}

/**
 * Accounts of one name with different passwords belong to different people: one of them would be thrown out, or its
 * rights would go to the other.
 */
function checkOnePassword(user: string, accounts: readonly RightsState[], next: Next): void {
  const hashes = new Set(accounts.map(({ passwords }) => passwords[0] ?? ''))
  // A run that was ended may have come to the first of them.
  if (user === next.username && hashes.size > 1) hashes.delete(nativeHash(next.password))
  if (hashes.size <= 1) return
  throw new RotationError('NotATwin', say`${accounts.map(accountName).join(', ')} do not have the same password.`, {
    likely: say`One name is used by several people or programs, from different hosts.`,
    remedy: say`Give all accounts of ${user} the same password, or drop those that are not needed.`,
  })
}

function existingTwins(pairs: readonly Pair[]): RightsState[] {
  return pairs.flatMap((pair) => (pair.twin === undefined || isUnfinished(pair) ? [] : [pair.twin]))
}

/**
 * Whoever may write the secret can name any login in it, and an account with the twin's name may be anybody's. It is
 * taken for this secret's if it was made by an earlier run, has the pending password or the one before, or if nobody
 * gets or loses anything: then the two may do the same already.
 * @throws RotationError NotATwin
 */
export async function checkIsOurs(
  state: TwinState,
  names: TwinNames,
  next: Next,
  previousPassword: () => Promise<string | undefined>,
): Promise<void> {
  const pairs = pairsOf(state)
  const accounts = next.username === names.base ? pairs.map(({ base }) => base) : existingTwins(pairs)
  if (accounts.length === 0 && next.username === names.twin) return
  const differences = pairs.flatMap((pair): Difference[] => {
    const { base, twin } = pair
    if (twin !== undefined && !isUnfinished(pair)) return twinDifferences(base, twin)
    const account = accountName({ user: names.twin, host: base.host })
    return [{ what: `the account ${account}`, twin: 'lacks', statement: '' }]
  })
  if (differences.length === 0) return
  const has = (password: string | undefined) =>
    password !== undefined && accounts.some(({ passwords }) => passwords.includes(nativeHash(password)))
  if (has(next.password) || has(await previousPassword())) return
  throw notOurs(state, names, next, differences)
}

/** What is printed of the statements: who has to run more can compare the two himself. */
const mostStatements = 5

function notOurs(
  { twin }: TwinState,
  names: TwinNames,
  { username }: Next,
  differences: readonly Difference[],
): RotationError {
  const [other, isTwin] = username === names.twin ? [names.base, true] : [names.twin, false]
  // What the login in use has, is taken from it by nobody; and what an ALTER USER is to set, nobody else needs to know.
  const statements = differences
    .filter((each) => (isTwin || each.twin === 'lacks') && (each.privileges ?? each.role ?? each.proxy) !== undefined)
    .slice(0, mostStatements)
    .map(({ statement }) => `${statement};`)
  const [rest, list] = [differences.length - statements.length, twin.map(accountName).join(', ')]
  const equal = [...statements, ...(rest > 0 ? [`and what else differs (${rest})`] : [])].join(' ')
  const drop = `; or DROP USER ${list}; and the rotation makes it anew: AWSCURRENT is ${other}, so that only who has cached an older value, or a view or a routine that it is the definer of, needs it`
  const what = describeDifferences(differences, names.twin)
  return new RotationError('NotATwin', say`${username} exists, and is not provably of this secret: ${what}.`, {
    likely: say`${names.twin} belongs to somebody else; or the secret was edited since ${username} was last in use (AWSPREVIOUS then names the same user as AWSCURRENT), and rights were changed since.`,
    remedy: say`If ${names.twin} is the second login of ${names.base}: make the two equal: ${equal}${isTwin ? drop : ''}. Then rotate again.`,
  })
}
