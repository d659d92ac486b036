import { escapeIdentifier } from 'pg'
import type { CloneNames } from '../../shared/database/engine.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say, type Words } from '../../shared/errors/words.ts'
import { switches } from './clone-differences.ts'
import type { CloneState } from './clone-state.ts'

/** An existing role is touched only where it is provably the clone: a member of the base, and no more than the base. */
export function checkRoles(state: CloneState, names: CloneNames, username: string): void {
  const { base, clone, baseExpired, membership } = state
  if (base === null) {
    const likely = say`The role ${names.base} was dropped or renamed, or ${names.clone} is not a clone at all.`
    throw new RotationError('NotAClone', say`There is no role ${names.base}.`, { likely })
  }
  if (!base.rolcanlogin) throw new RotationError('LoginLocked', say`${names.base} may not log in.`)
  if (baseExpired) throw new RotationError('LoginExpired', say`${names.base} has expired.`)
  if (clone === null && username === names.clone) return
  if (clone === null) throw new RotationError('NotAClone', say`There is no role ${names.clone}.`)
  if (membership === 'none') {
    const grant = `GRANT ${escapeIdentifier(names.base)} TO ${escapeIdentifier(names.clone)};`
    throw new RotationError('NotAClone', say`${names.clone} exists, but is not a member of ${names.base}.`, {
      remedy: say`If it is the second login of ${names.base}: ${grant} Else rename one of the two.`,
    })
  }
  if (clone.rolsuper && !base.rolsuper)
    throw new RotationError('NotAClone', say`${names.clone} is a superuser and ${names.base} is not.`)
  checkMemberships(state, names)
  // What an earlier rotation has made the clone is only out of date.
  if (!isAdopted(state)) checkAttributes(state, names)
  // Last, since what it owns is to go to a base that may do the same.
  checkHoldings(state, names)
  if (!clone.rolcanlogin) throw new RotationError('LoginLocked', say`${names.clone} may not log in.`)
}

/** With its new password every reader of the secret may do what the clone may: that must be no more than the base may. */
function checkMemberships({ cloneAlone }: CloneState, names: CloneNames): void {
  if (cloneAlone.length === 0) return
  const roles = cloneAlone.join(', ')
  const grant = `GRANT ${roles} TO ${escapeIdentifier(names.base)};`
  throw holdsMore(names, say`is a member of ${roles}, and ${names.base} is not`, say`${grant}`)
}

function checkAttributes({ base, clone }: CloneState, names: CloneNames): void {
  const [to, from] = [escapeIdentifier(names.base), escapeIdentifier(names.clone)]
  const more = (['rolcreaterole', 'rolcreatedb', 'rolreplication', 'rolbypassrls'] as const)
    .filter((column) => clone?.[column] && !base?.[column])
    .map((column) => switches[column])
  if (more.length === 0) return
  const statements = [`ALTER ROLE ${to} ${more.join(' ')};`, `ALTER ROLE ${from} NO${more.join(' NO')};`]
  throw holdsMore(
    names,
    say`has ${more.join(', ')}, and ${names.base} does not share it`,
    say`${statements.join(' or ')}`,
  )
}

function checkHoldings({ cloneHolds, cloneOnlyOwns }: CloneState, names: CloneNames): void {
  const [to, from] = [escapeIdentifier(names.base), escapeIdentifier(names.clone)]
  // The clone is about to run as the base: what is its own would be out of reach for those who use it now.
  if (cloneHolds.length > 0)
    throw holdsMore(
      names,
      say`owns something, or was granted something itself, in ${cloneHolds.join(', ')}, and ${names.base} does not share it`,
      // REASSIGN takes views and SECURITY DEFINER functions out of reach of what only the clone was granted.
      cloneOnlyOwns
        ? say`right before the rotation, in each of these databases: REASSIGN OWNED BY ${from} TO ${to};`
        : say`docs/from-aws-functions.md has a query that prints the statements for ${names.base}: what it lacks first, then REASSIGN OWNED and REVOKE. In each of these databases run it, and what it prints, until it prints nothing. Not REASSIGN OWNED before, which breaks views and functions of ${names.clone}, nor DROP OWNED, which takes each grant away first, and drops what the login has made.`,
    )
}

/** @param what it has, and the base has not */
function holdsMore({ base, clone }: CloneNames, what: Words, remedy: Words): RotationError {
  return new RotationError('NotAClone', say`${clone} ${what}.`, {
    likely: say`It was used with another tool, which made it a login of its own, or it belongs to somebody else.`,
    remedy: say`If it is the second login of ${base}: ${remedy} Then rotate again.`,
  })
}

/** Whether an earlier rotation has made the role the clone. */
function isAdopted({ cloneSettings }: CloneState): boolean {
  return cloneSettings.some(({ database, name }) => database === null && name === 'role')
}
