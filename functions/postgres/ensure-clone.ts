import { escapeIdentifier, escapeLiteral } from 'pg'
import type { CloneNames } from '../../shared/database/engine.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say, type Words } from '../../shared/errors/words.ts'
import { type Difference, expectedUser, settingDifferences } from './clone-settings.ts'
import type { CloneState, Role } from './clone-state.ts'
import { checkSuperuser } from './superuser-rights.ts'

/**
 * What gives one of the two a new password and makes the clone equal to the base, to be run in one transaction.
 * @param username which of the two gets the password
 * @param passwordClause `PASSWORD '...'`
 * @throws RotationError NotAClone, LoginLocked, LoginExpired or MissingPrivilege, before anything is changed
 */
export function planClone(state: CloneState, names: CloneNames, username: string, passwordClause: string) {
  checkRoles(state, names, username)
  const differences = cloneDifferences(state, names)
  checkSuperuser(state, names)
  const verb = state.clone === null ? 'CREATE' : 'ALTER'
  const password = `${username === names.clone ? verb : 'ALTER'} ROLE ${escapeIdentifier(username)} LOGIN ${passwordClause}`
  return {
    differences: differences.map(({ what }) => what),
    statements: [actAs(state), password, ...differences.flatMap(({ statements }) => statements)],
  }
}

/** Where the superuser is a clone itself, what it creates must be administered by its base, or its other login could not. */
function actAs({ self, sessionUser }: CloneState): string {
  return self.rolname === sessionUser ? 'SET LOCAL ROLE NONE' : `SET LOCAL ROLE ${escapeIdentifier(self.rolname)}`
}

/** An existing role is touched only where it is provably the clone: a member of the base, and no more than the base. */
function checkRoles(state: CloneState, names: CloneNames, username: string): void {
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

/** @returns what the clone lacks, or has beyond the base; nothing where the two are equal */
export function cloneDifferences(state: CloneState, names: CloneNames): Difference[] {
  const { base, clone } = state
  if (base === null) return [{ what: `${names.base} does not exist`, statements: [] }]
  return [
    ...membershipDifference(state, names),
    ...attributeDifferences(base, clone, names.clone),
    ...settingDifferences(state, names),
  ]
}

function membershipDifference({ memberships, version }: CloneState, { base, clone }: CloneNames): Difference[] {
  const grant = `GRANT ${escapeIdentifier(base)} TO ${escapeIdentifier(clone)}`
  const whole = memberships.some((row) => row.inherit_option !== false && row.set_option !== false)
  if (whole) return []
  return [{ what: 'membership', statements: [version < 160_000 ? grant : `${grant} WITH INHERIT TRUE, SET TRUE`] }]
}

const switches = {
  rolsuper: 'SUPERUSER',
  rolcreaterole: 'CREATEROLE',
  rolcreatedb: 'CREATEDB',
  rolreplication: 'REPLICATION',
  rolbypassrls: 'BYPASSRLS',
} as const satisfies Partial<Record<keyof Role, string>>

/** What CREATE ROLE gives without being asked. */
const plain: Role = {
  rolsuper: false,
  rolinherit: true,
  rolcreaterole: false,
  rolcreatedb: false,
  rolcanlogin: true,
  rolreplication: false,
  rolbypassrls: false,
  rolconnlimit: -1,
  rolvaliduntil: null,
}

/** Attributes are never inherited through a membership (manual, "Role Membership"). */
function attributeDifferences(base: Role, clone: Role | null, name: string): Difference[] {
  const has = clone ?? plain
  const wanted = Object.entries(switches)
    .filter(([column]) => base[column as keyof typeof switches] !== has[column as keyof typeof switches])
    .map(([column, word]) => (base[column as keyof typeof switches] ? word : `NO${word}`))
  // The right to connect is looked up before the session runs as the base, so the clone has to inherit it.
  if (!has.rolinherit) wanted.push('INHERIT')
  if (base.rolconnlimit !== has.rolconnlimit) wanted.push(`CONNECTION LIMIT ${base.rolconnlimit}`)
  const until = (role: Role) => role.rolvaliduntil ?? 'infinity'
  if (until(base) !== until(has)) wanted.push(`VALID UNTIL ${escapeLiteral(until(base))}`)
  return wanted.map((words) => ({ what: words, statements: [`ALTER ROLE ${escapeIdentifier(name)} ${words}`] }))
}

/**
 * What a session of one of the two must find: the two equal, and itself acting as the role that both act as.
 * @throws RotationError PrivilegesDiffer
 */
export function proveClone(state: CloneState, names: CloneNames): void {
  const differences = cloneDifferences(state, names).map(({ what }) => what)
  const expected = expectedUser(state, names.base, state.database)
  const isOneOfThem = state.sessionUser === names.clone || state.sessionUser === names.base
  const effect =
    isOneOfThem && state.currentUser !== expected ? [`${state.sessionUser} does not run as ${expected}`] : []
  if (differences.length + effect.length === 0) return
  const what = say`${names.clone} and ${names.base} differ: ${[...effect, ...differences].join('; ')}.`
  if (differences.length > 0) throw new RotationError('PrivilegesDiffer', what)
  throw new RotationError('PrivilegesDiffer', what, {
    likely: say`Something gives new sessions another role than the settings say: a pooler, or a login trigger.`,
    remedy: say`Have it leave the role of the two alone, or give it to both.`,
    retryable: false,
  })
}
