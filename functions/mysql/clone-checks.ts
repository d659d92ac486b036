import type { CloneChange } from '../../shared/database/engine.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { type Difference, listed, statementsOf, takesAway } from '../../shared/mysql-family/differences.ts'
import { type Account, accountName } from '../../shared/mysql-family/quoting.ts'
import { hasPassword, keepsPassword } from './accounts.ts'
import { inWords } from './clone-differences.ts'
import { type CloneState, roleName } from './clone-state.ts'

export function checkAccounts({ bases, clones }: CloneState, { base, clone, username }: CloneChange): void {
  if (bases.size === 0) {
    const likely = say`The account was dropped or renamed, or has no password, or ${clone} is not a clone at all.`
    throw new RotationError('NotAClone', say`There is no account ${base} that has a password.`, { likely })
  }
  if (clones.size === 0 && username === base)
    throw new RotationError('NotAClone', say`There is no account ${clone} that has a password.`)
  const alone = [...clones.values()].filter(({ host }) => !bases.has(host)).map(accountName)
  if (alone.length > 0) {
    const what = say`${alone.join(', ')} exists, and no account of ${base} on the same host.`
    throw new RotationError('NotAClone', what, {
      likely: say`It is another login; or ${base} may no longer come from there; or it was made by AWS's function, which knows no hosts.`,
      remedy: say`If nobody needs it: DROP USER ${alone.join(', ')}; else make the same account for ${base}.`,
    })
  }
  const strange = [...clones.values()].find((account) => !keepsPassword(account))
  if (strange !== undefined)
    throw new RotationError('NotAClone', say`${accountName(strange)} logs in by ${strange.plugin}, not by a password.`)
  const locked = [...bases.values(), ...clones.values()].find(({ options }) => options.locked)
  if (locked !== undefined) throw new RotationError('LoginLocked', say`${accountName(locked)} is locked.`)
}

/**
 * Whoever can write the secret can name any login in it. A login of the clone's name is this secret's if it has the base
 * as a role, or if it has the password of the secret's previous value; only the latter allows taking something away.
 */
export async function checkIsOurs(
  { bases, clones }: CloneState,
  differences: readonly Difference[],
  { base, clone, username, previousPassword }: CloneChange,
): Promise<void> {
  const needing = differences.filter((each) => takesAway(each) || each.kind === 'role')
  if (needing.length === 0) return
  const previous = await previousPassword()
  // A base without a clone beside it proves only itself.
  const members = username === clone ? [...clones.values()] : [...bases.values()].filter(({ host }) => clones.has(host))
  if (previous !== undefined && members.some((member) => hasPassword(member, previous))) return
  const roleOf = ({ host }: Account) => ({ user: base, host })
  // Only an administrator can have given it the base as a role.
  const strangers = [...clones.values()].filter((member) => !member.rights.roles.has(roleName(roleOf(member))))
  if (strangers.length > 0) {
    const grants = strangers.map((each) => `GRANT ${accountName(roleOf(each))} TO ${accountName(each)};`)
    const what = say`${strangers.map(accountName).join(', ')} exists, but does not have ${base} as a role.`
    throw new RotationError('NotAClone', what, {
      remedy: say`If it is the second login of ${base}: ${grants.join(' ')} Else rename one of the two.`,
    })
  }
  throw new RotationError('NotAClone', say`${listed(needing.map(inWords))}, and ${base} has not.`, {
    likely: say`${clone} was given rights of its own, or it belongs to somebody else.`,
    remedy: say`If it is the second login of ${base}: GRANT them to ${base}, or ${statementsOf(needing)} Then rotate again.`,
  })
}
