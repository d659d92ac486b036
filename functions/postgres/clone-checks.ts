import { escapeIdentifier } from 'pg'
import type { CloneNames } from '../../shared/database/engine.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say, type Words } from '../../shared/errors/words.ts'
import { switches } from './clone-differences.ts'
import type { CloneState } from './clone-state.ts'

/** An existing role is touched only where it is provably the clone: a member of the base, and no more than the base. */
export function checkRoles(state: CloneState, names: CloneNames, username: string): void {
  const { base, clone, baseExpired, memberships } = state
  if (base === null) {
    const likely = say`The role ${names.base} was dropped or renamed, or ${names.clone} is not a clone at all.`
    throw new RotationError('NotAClone', say`There is no role ${names.base}.`, { likely })
  }
  if (!base.rolcanlogin) throw new RotationError('LoginLocked', say`${names.base} may not log in.`)
  if (baseExpired) throw new RotationError('LoginExpired', say`${names.base} has expired.`)
  if (clone === null && username === names.clone) return
  if (clone === null) throw new RotationError('NotAClone', say`There is no role ${names.clone}.`)
  if (memberships.length === 0) {
    const grant = `GRANT ${escapeIdentifier(names.base)} TO ${escapeIdentifier(names.clone)};`
    throw new RotationError('NotAClone', say`${names.clone} exists, but is not a member of ${names.base}.`, {
      remedy: say`If it is the second login of ${names.base}: ${grant} Else rename one of the two.`,
    })
  }
  checkHoldings(state, names)
  if (clone.rolsuper && !base.rolsuper)
    throw new RotationError('NotAClone', say`${names.clone} is a superuser and ${names.base} is not.`)
  if (!clone.rolcanlogin) throw new RotationError('LoginLocked', say`${names.clone} may not log in.`)
}

/** With a new password for the clone, whoever may read the secret gets all that it may do; so that is to be the base's, too. */
function checkHoldings(state: CloneState, names: CloneNames): void {
  const { base, clone, cloneAlone, cloneHolds } = state
  const [to, from] = [escapeIdentifier(names.base), escapeIdentifier(names.clone)]
  if (cloneAlone.length > 0) {
    const roles = cloneAlone.join(', ')
    throw holdsMore(names, say`is a member of ${roles}, and ${names.base} is not`, say`GRANT ${roles} TO ${to};`)
  }
  const shared = say`and ${names.base} does not share it`
  // The clone is about to run as the base: what is its own would be out of reach for those who use it now.
  if (cloneHolds.length > 0)
    throw holdsMore(
      names,
      say`owns something, or was granted something itself, in ${cloneHolds.join(', ')}, ${shared}`,
      say`in each of these databases REASSIGN OWNED BY ${from} TO ${to}; and, where it was granted something itself, GRANT that to ${to} and then REVOKE it from ${from}: docs/from-aws-functions.md has a query that prints these statements. Not by DROP OWNED, which takes each grant away first, and drops what the login has made since.`,
    )
  // What an earlier rotation has made the clone is only out of date.
  if (isAdopted(state)) return
  const more = (['rolcreaterole', 'rolcreatedb', 'rolreplication', 'rolbypassrls'] as const)
    .filter((column) => clone?.[column] && !base?.[column])
    .map((column) => switches[column])
  if (more.length === 0) return
  const statements = [`ALTER ROLE ${to} ${more.join(' ')};`, `ALTER ROLE ${from} NO${more.join(' NO')};`]
  throw holdsMore(names, say`has ${more.join(', ')}, ${shared}`, say`${statements.join(' or ')}`)
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
