import type { CloneNames, NextLogin } from '../../shared/database/engine.ts'
import { optionDifferences } from '../../shared/mysql-family/account-options.ts'
import { grantDifferences } from '../../shared/mysql-family/grant-differences.ts'
import type { Rights } from '../../shared/mysql-family/grants.ts'
import { accountName, literal } from '../../shared/mysql-family/quoting.ts'
import { type CloneState, type RightsState, roleName } from './clone-state.ts'

interface Next extends NextLogin {
  newPassword(): string
}

/** Something in which an account of the clone's name is not yet, or no longer, what the base's is. */
export interface CloneDifference {
  readonly what: string
  readonly statement: string
  /** The same for an administrator, where the superuser may not; none where it has a password in it. */
  readonly remedy?: string
  /**
   * Whether it is to be made only for a login that is this secret's own: the role for an account that does not have it,
   * and whatever takes something away.
   */
  readonly needsProof: boolean
  /** Whether the clone can do less afterwards. */
  readonly takesAway: boolean
}

/**
 * What makes the accounts of the clone equal to those of the base, each statement by itself.
 */
export function cloneDifferences({ bases, clones }: CloneState, names: CloneNames, next: Next): CloneDifference[] {
  return [...bases.values()].flatMap((base) => {
    const clone = clones.get(base.host)
    return clone === undefined ? [creation(base, names, next)] : differencesOf(base, clone)
  })
}

/** With the role at once: a clone that a run was killed after making is known for a clone by it. */
function creation(base: RightsState, names: CloneNames, next: Next): CloneDifference {
  const name = accountName({ user: names.clone, host: base.host })
  // Nobody learns the generated password: the one of the secret comes last. A clone that is in use is another thing: its
  // new account stands before the one that took logins from that host, and has to take them, too.
  const password = next.username === names.clone ? next.newPassword() : next.otherPassword
  const identified = `IDENTIFIED WITH ${literal(base.plugin)} BY ${literal(password)}`
  const statement = `CREATE USER ${name} ${identified} DEFAULT ROLE ${accountName(base)}`
  return { what: `created ${name}`, statement, needsProof: false, takesAway: false }
}

function difference(what: string, statement: string, how: Partial<CloneDifference> = {}): CloneDifference {
  return { what, statement, remedy: `${statement};`, needsProof: false, takesAway: false, ...how }
}

function differencesOf(base: RightsState, clone: RightsState): CloneDifference[] {
  const [from, to] = [accountName(base), accountName(clone)]
  const role = roleName(base)
  const differences: CloneDifference[] = []
  if (!clone.rights.roles.has(role))
    differences.push(difference(`granted ${from} to ${to}`, `GRANT ${from} TO ${to}`, { needsProof: true }))
  if (clone.defaultRoles.size !== 1 || !clone.defaultRoles.has(role))
    differences.push(difference(`default role of ${to}`, `SET DEFAULT ROLE ${from} TO ${to}`))
  const { what, clause } = optionDifferences(base.options, clone.options)
  if (what.length > 0) differences.push(difference(`${what.join(', ')} of ${to}`, `ALTER USER ${to} ${clause}`))
  // What the base lacks itself, the clone must not have. What both have stays: open sessions may live on it.
  const [wanted, own] = [whatMatters(base.rights, clone.rights), withoutRole(clone.rights, role)]
  const surplus = grantDifferences(wanted, own, to).filter((each) => each.clone === 'has')
  for (const each of surplus)
    differences.push(difference(`${to} has ${each.what}`, each.statement, { needsProof: true, takesAway: true }))
  return differences
}

/** Partial revokes come with the role; directly they matter only for what the clone holds on everything itself. */
function whatMatters(base: Rights, { privileges }: Rights): Rights {
  const held = privileges.get('*.*') ?? new Set()
  const exceptions = [...base.exceptions].map(([on, except]) => [on, except.intersection(held)] as const)
  return { ...base, exceptions: new Map(exceptions.filter(([, except]) => except.size > 0)) }
}

function withoutRole(rights: Rights, role: string): Rights {
  return { ...rights, roles: new Map([...rights.roles].filter(([name]) => name !== role)) }
}

/** Whether an account has the role of the base, which only an administrator can have given to it. */
export function isMember(base: RightsState | undefined, clone: RightsState): boolean {
  return base !== undefined && clone.rights.roles.has(roleName(base))
}
