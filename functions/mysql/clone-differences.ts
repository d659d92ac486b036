import type { CloneChange } from '../../shared/database/engine.ts'
import { optionDifferences } from '../../shared/mysql-family/account-options.ts'
import { type Difference, nameOf, takesAway } from '../../shared/mysql-family/differences.ts'
import { grantDifferences } from '../../shared/mysql-family/grant-differences.ts'
import type { Rights } from '../../shared/mysql-family/grants.ts'
import { accountName, literal, shownAccount } from '../../shared/mysql-family/quoting.ts'
import type { CloneState, RightsState } from './clone-state.ts'

export interface NewClone extends CloneChange {
  /** Makes a password that nobody learns, for an account that is about to get the one of the secret. */
  newPassword(): string
}

/** What makes the accounts of the clone equal to those of the base, each by itself. */
export function differencesOf({ bases, clones }: CloneState, change: NewClone): Difference[] {
  return [...bases.values()].flatMap((base) => {
    const clone = clones.get(base.host)
    return clone === undefined ? [missingAccount(base, change)] : cloneDifferences(base, clone)
  })
}

/** The account is made with the role: by it the next run recognises a clone where this one is killed after making it. */
function missingAccount(base: RightsState, change: NewClone): Difference {
  const to = accountName({ user: change.clone, host: base.host })
  // Nobody learns the generated password: the one of the secret comes last. A clone that is in use is another thing: its
  // new account stands before the one that took logins from that host, and has to take them, too.
  const password = change.username === change.clone ? change.newPassword() : change.otherPassword
  const by = `IDENTIFIED WITH ${literal(base.plugin)} BY ${literal(password)}`
  return { kind: 'account', to, clone: 'lacks', identified: `${by} DEFAULT ROLE ${accountName(base)}` }
}

function cloneDifferences(base: RightsState, clone: RightsState): Difference[] {
  const [from, to] = [accountName(base), accountName(clone)]
  const role = shownAccount(base)
  const differences: Difference[] = []
  if (!clone.rights.roles.has(role))
    differences.push({ kind: 'role', to, clone: 'lacks', name: from, option: false, optionAlone: false })
  if (clone.defaultRoles.size !== 1 || !clone.defaultRoles.has(role))
    differences.push({ kind: 'default role', to, clone: 'lacks', name: from, word: 'TO' })
  differences.push(...optionDifferences(base.options, clone.options, to))
  // What the base lacks itself, the clone must not have, but for the base as its role. What both have stays: open sessions
  // may live on it. So do roles of both that the clone alone may hand on, which MySQL revokes as a whole or not at all: see
  // checkMayHandOn.
  const stays = (each: Difference) => each.kind === 'role' && (each.name === role || each.optionAlone)
  const others = grantDifferences(whatMatters(base.rights, clone.rights), clone.rights, to)
  return [...differences, ...others.filter((each) => takesAway(each) && !stays(each))]
}

/** What a log line says of one that was carried out, and an error of one that was not. */
export function inWords(difference: Difference): string {
  const { kind, to, clone } = difference
  if (kind === 'account') return `created ${to}`
  if (kind === 'options') return `${difference.names.join(', ')} of ${to}`
  if (kind === 'default role') return `default role of ${to}`
  if (kind === 'role' && clone === 'lacks') return `granted ${difference.name} to ${to}`
  return `${to} has ${nameOf(difference)}`
}

/** Partial revokes come with the role; directly they matter only for what the clone holds on everything itself. */
function whatMatters(base: Rights, { privileges }: Rights): Rights {
  const held = privileges.get('*.*') ?? new Set()
  const exceptions = [...base.exceptions].map(([on, except]) => [on, except.intersection(held)] as const)
  return { ...base, exceptions: new Map(exceptions.filter(([, except]) => except.size > 0)) }
}
