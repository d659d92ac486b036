import type { CloneChange } from '../../shared/database/engine.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { listed } from '../../shared/mysql-family/differences.ts'
import { accountName, shownAccount } from '../../shared/mysql-family/quoting.ts'
import type { CloneState, RightsState } from './clone-state.ts'

/**
 * Refuses a clone that may hand on (WITH ADMIN OPTION) a role that the base has without that, or the base itself. MySQL has
 * no REVOKE for ADMIN OPTION alone, and with the role those sessions would lose their rights in which it is in force, until
 * it is granted again (tried on MySQL 9.7). A clone in use may go on handing on the base, which is all that it runs with:
 * that is refused when the clone is to be the next login.
 * @throws RotationError PrivilegesDiffer, with statements in an order in which new logins have what they need at all times
 */
export function checkMayHandOn({ bases, clones }: CloneState, { base, clone, username }: CloneChange): void {
  const found = [...bases.values()].flatMap((own) => {
    const second = clones.get(own.host)
    if (second === undefined) return []
    const mayAlone = (role: string) =>
      role === shownAccount(own) ? username === clone : own.rights.roles.get(role) === false
    const roles = [...second.rights.roles].filter(([role, option]) => option && mayAlone(role))
    return roles.map(([role]) => handedOn(role, own, second))
  })
  if (found.length === 0) return
  const [both, neither] = [found.flatMap(({ both }) => both), found.flatMap(({ neither }) => neither)]
  const either = both.length === 0 ? '' : `if both may hand it on: ${both.join(' ')} If not, `
  throw new RotationError('PrivilegesDiffer', say`${listed(found.map(({ what }) => what))}, and ${base} has not.`, {
    likely: say`Open sessions of ${clone} may live on it, and MySQL has no REVOKE for ADMIN OPTION alone.`,
    remedy: say`As an administrator: ${either}all at once, since open sessions may be denied between REVOKE and GRANT: ${neither.join(' ')} Then rotate again.`,
    // Only people know which of the two is right.
    retryable: false,
  })
}

/** What gives the base the option, too, and what takes it from the clone. */
function handedOn(role: string, own: RightsState, second: RightsState) {
  const [base, to] = [accountName(own), accountName(second)]
  const [what, again] = [`${to} has ${role} WITH ADMIN OPTION`, `REVOKE ${role} FROM ${to}; GRANT ${role} TO ${to};`]
  const asBase = `SET DEFAULT ROLE ${base} TO ${to};`
  // Who loses a role and gets it again no longer has it as a default role.
  if (role === shownAccount(own)) return { what, both: [], neither: [`${again} ${asBase}`] }
  const neither = [`GRANT ${base} TO ${to}; ${asBase} ${again}`]
  return { what, both: [`GRANT ${role} TO ${base} WITH ADMIN OPTION;`], neither }
}
