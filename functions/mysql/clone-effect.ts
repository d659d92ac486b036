import type { CloneNames } from '../../shared/database/engine.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { listed } from '../../shared/mysql-family/differences.ts'
import { allPrivileges, unquoted } from '../../shared/mysql-family/grants.ts'
import { accountName } from '../../shared/mysql-family/quoting.ts'
import type { CloneState, RightsState } from './clone-state.ts'
import { patternsOverlap } from './patterns.ts'

/**
 * Refuses, before anything is changed, what the clone could or could not do although it has the base as its role: a session
 * with a role looks privileges up in another way than one without (tried on MySQL 8.0 and 9.7; the manual, "Using Roles",
 * says nothing of it).
 * @throws RotationError PrivilegesDiffer, which names each, and dual-password as the way out
 */
export function checkEffect(pair: CloneState, { base, clone }: CloneNames): void {
  const found = [...pair.bases.values()].flatMap((each) => notCarried(each, pair))
  if (found.length === 0) return
  const what = listed(found.map(({ what }) => what))
  const ways = [...new Set(found.map(({ remedy }) => remedy))].slice(0, 5)
  throw new RotationError('PrivilegesDiffer', say`${clone} would not be able to do the same as ${base}: ${what}.`, {
    likely: say`${clone} gets its rights through ${base} as a role, and MySQL does not carry all of them over in this way.`,
    remedy: say`Rotate the secret with dual-password, where there is no second login; or ${ways.join(' ')} Then rotate again.`,
    retryable: false,
  })
}

/**
 * Routines that the clone may call, and does not see: to a session that has a routine through a role, CALL works, and
 * information_schema and SHOW CREATE do not show it (tried on MySQL 9.7). That takes nothing away that an application does;
 * drivers that look up parameters there do not find them.
 */
export function hiddenRoutines({ bases }: CloneState): string {
  const hidden = [...bases.values()].flatMap(({ rights: { privileges } }) => {
    const global = privileges.get('*.*') ?? new Set<string>()
    if (['SHOW_ROUTINE', 'SELECT', ...onRoutines].some((each) => global.has(each))) return []
    return [...privileges.keys()].filter((on) => {
      const database = /^(?:PROCEDURE|FUNCTION) (`(?:[^`]|``)*`)\./.exec(on)?.[1]
      const held = privileges.get(`${database}.*`)
      return database !== undefined && !onRoutines.some((each) => held?.has(each))
    })
  })
  return listed([...new Set(hidden)])
}

const onRoutines = [allPrivileges, 'EXECUTE', 'CREATE ROUTINE', 'ALTER ROUTINE']

interface Found {
  readonly what: string
  readonly remedy: string
}

function notCarried(base: RightsState, pair: CloneState): Found[] {
  const name = accountName(base)
  const roles = new Set(base.rights.roles.keys())
  const inactive = pair.server.activates ? new Set<string>() : roles.difference(base.defaultRoles)
  const always = [
    ...[...inactive].map((role) => ({
      what: `${role} is granted to ${name} and not in force when it logs in, but would be for the other`,
      remedy: `SET DEFAULT ROLE ALL TO ${name}; or REVOKE ${role} FROM ${name};`,
    })),
    ...[...base.rights.proxies.keys()].map((other) => ({
      what: `PROXY ON ${other} is not shared`,
      remedy: `REVOKE PROXY ON ${other} FROM ${name};`,
    })),
  ]
  // A base that runs with a role itself has its privileges looked up as the clone has.
  if (inactive.size < roles.size) return always
  return [...always, ...patterns(base), ...otherHosts(base, pair), ...everybodys(base, pair)]
}

/**
 * Of several patterns that a database matches, the most specific counts for a session without a role, and for one with a
 * role the first in the order of bytes. A name without any wildcard comes first in both.
 */
function patterns(base: RightsState): Found[] {
  const name = accountName(base)
  const databases = [...base.rights.privileges].flatMap(([on, held]) =>
    on.endsWith('.*') && on !== '*.*' ? [{ on, held, pattern: unquoted(on.slice(0, -2)) }] : [],
  )
  const odd = databases.filter(({ pattern }) => /\\(?![%_])/.test(pattern))
  // What has no wildcard but escaped ones is one database: two of them are two.
  const [wild, single] = [new Set(databases.filter(isWild)), databases.filter(isEscaped)]
  const pairs = [...wild].flatMap((one, index) =>
    [...[...wild].slice(index + 1), ...single].map((other) => [one, other] as const),
  )
  return [
    ...odd.map(({ on }) => ({
      what: `the backslash in ${on} counts for one of the two alone`,
      remedy: `REVOKE ALL PRIVILEGES ON ${on} FROM ${name}; and GRANT them on its tables.`,
    })),
    ...pairs
      .filter(([one, other]) => one.held.symmetricDifference(other.held).size > 0)
      .filter(([one, other]) => patternsOverlap(one.pattern, other.pattern))
      .map(([one, other]) => ({
        what: `${one.on} and ${other.on} can be the same database, with other privileges`,
        remedy: `GRANT ${name} the privileges of one of the patterns ${one.on} and ${other.on} on single databases, without wildcards, and REVOKE that pattern.`,
      })),
  ]
}

const isWild = ({ pattern }: { pattern: string }) => /(?<!\\)[%_]/.test(pattern)
const isEscaped = (each: { pattern: string }) => !isWild(each) && each.pattern.includes('\\')

/** Without a role a session has, besides its own, what other accounts of its name have on databases, tables and routines. */
function otherHosts(base: RightsState, { bases, others }: CloneState): Found[] {
  const near = [...bases.values(), ...others].filter(
    (other) => other.host !== base.host && hostsOverlap(other.host, base.host),
  )
  const own = base.rights.privileges
  return near.flatMap((other) => {
    const more = [...other.rights.privileges].filter(
      ([on, held]) => on !== '*.*' && held.difference(own.get(on) ?? new Set()).size > 0,
    )
    return more.map(([on]) => ({
      what: `${accountName(base)} uses privileges on ${on} of ${accountName(other)}`,
      remedy: `GRANT ${accountName(base)} what ${accountName(other)} has on ${on}.`,
    }))
  })
}

function hostsOverlap(one: string, other: string): boolean {
  // Addresses with a netmask are not taken apart.
  return one.includes('/') || other.includes('/') || patternsOverlap(one, other)
}

/** Rows for the empty name are for everybody who runs without a role: installations before 8.0 have them for `test`. */
function everybodys(base: RightsState, { server }: CloneState): Found[] {
  if (server.everybodys === undefined) return []
  return [
    {
      what: `${accountName(base)} may use the database ${server.everybodys}, as everybody may who runs without a role`,
      remedy: "DELETE FROM mysql.db WHERE User = ''; FLUSH PRIVILEGES; and GRANT it to those who need it.",
    },
  ]
}
