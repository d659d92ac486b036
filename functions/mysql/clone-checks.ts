import type { CloneChange } from '../../shared/database/engine.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { type Difference, listed, statementsOf, takesAway } from '../../shared/mysql-family/differences.ts'
import { type Account, accountName, shownAccount } from '../../shared/mysql-family/quoting.ts'
import { hasPassword, keepsPassword } from './accounts.ts'
import { inWords } from './clone-differences.ts'
import type { CloneState } from './clone-state.ts'

/** @throws RotationError NotAClone or LoginLocked where the two can't be clones as they are */
export function checkAccounts(state: CloneState, change: CloneChange): void {
  const [{ bases, clones }, { base, clone, username }] = [state, change]
  if (bases.size === 0) {
    const likely = say`The account was dropped or renamed, or has no password, or ${clone} is not a clone at all.`
    throw new RotationError('NotAClone', say`There is no account ${base} that has a password.`, { likely })
  }
  if (clones.size === 0 && username === base)
    throw new RotationError('NotAClone', say`There is no account ${clone} that has a password.`)
  checkHosts(state, change)
  const strange = [...clones.values()].find((account) => !keepsPassword(account))
  if (strange !== undefined)
    throw new RotationError('NotAClone', say`${accountName(strange)} logs in by ${strange.plugin}, not by a password.`)
  const locked = [...bases.values(), ...clones.values()].find(({ options }) => options.locked)
  if (locked !== undefined) throw new RotationError('LoginLocked', say`${accountName(locked)} is locked.`)
}

/** Where the clone has an account, the base must have one that is this secret's. */
function checkHosts({ bases, clones, others }: CloneState, { base, clone, username }: CloneChange): void {
  const alone = [...clones.values()].filter(({ host }) => !bases.has(host))
  if (alone.length === 0) return
  const names = alone.map(accountName).join(', ')
  const [other] = others.filter(({ host }) => alone.some((each) => each.host === host))
  if (other === undefined) {
    throw new RotationError('NotAClone', say`${names} exists, and no account of ${base} on the same host.`, {
      likely: say`It is another login; or ${base} may no longer come from there; or it was made by AWS's function, which knows no hosts.`,
      remedy: say`If nobody needs it: DROP USER ${names}; else make the same account for ${base}.`,
    })
  }
  const second = accountName({ user: clone, host: other.host })
  const odd = keepsPassword(other) && username === base ? second : accountName(other)
  const has = keepsPassword(other)
    ? 'has another password than the secret'
    : `logs in by ${other.plugin}, not by a password`
  throw new RotationError('NotAClone', say`${odd === second ? '' : `${second} exists, and `}${odd} ${has}.`, {
    likely: say`On that host the names are somebody else's; or a password was changed by hand.`,
    remedy: say`If ${odd} is this secret's: give it the password of AWSCURRENT. If it is not: rename ${second}, also for who logs in as it. Then rotate again.`,
  })
}

/**
 * Whoever can write the secret can name any login in it. A login of the clone's name is this secret's if it has the base
 * as a role (as one that a run was ended after making), or if it has the password of the secret's previous value; only the
 * latter allows taking something away. That is proved for each account: one name may be several people's.
 */
export async function checkIsOurs(
  { bases, clones }: CloneState,
  differences: readonly Difference[],
  { base, clone, username, password, previousPassword }: CloneChange,
): Promise<void> {
  const needing = differences.filter((each) => takesAway(each) || each.kind === 'role')
  if (needing.length === 0) return
  const proofs = [password, await previousPassword()]
  const provers = username === clone ? clones : bases
  function isProven({ host }: Account): boolean {
    const prover = provers.get(host)
    return prover !== undefined && proofs.some((each) => hasPassword(prover, each))
  }
  const of = (member: Account) => needing.filter(({ to }) => to === accountName(member))
  const unproven = [...clones.values()].filter((member) => of(member).length > 0 && !isProven(member))
  if (unproven.length === 0) return
  const roleOf = ({ host }: Account) => ({ user: base, host })
  // Only an administrator can have given it the base as a role.
  const strangers = unproven.filter((member) => !member.rights.roles.has(shownAccount(roleOf(member))))
  if (strangers.length > 0) {
    const grants = strangers.map((each) => `GRANT ${accountName(roleOf(each))} TO ${accountName(each)};`)
    const what = say`${strangers.map(accountName).join(', ')} exists, but does not have ${base} as a role.`
    throw new RotationError('NotAClone', what, {
      remedy: say`If it is the second login of ${base}: ${grants.join(' ')} Else rename one of the two.`,
    })
  }
  const surplus = unproven.flatMap(of)
  throw new RotationError('NotAClone', say`${listed(surplus.map(inWords))}, and ${base} has not.`, {
    likely: say`${clone} was given rights of its own, or it belongs to somebody else.`,
    remedy: say`If it is the second login of ${base}: GRANT them to ${base}, or ${statementsOf(surplus)} Then rotate again.`,
  })
}
