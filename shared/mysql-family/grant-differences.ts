import { allPrivileges, grantOption, type Rights, withGrantOption } from './grants.ts'

/** One thing that one account may do and the other may not. */
export interface Difference {
  /** ``SELECT ON `d`.*`` */
  readonly what: string
  readonly clone: 'lacks' | 'has'
  readonly statement: string
  /** What it is about: privileges, a role, or the account that may be acted for; an option of the account where it is none. */
  readonly privileges?: { readonly on: string; readonly list: readonly string[] }
  readonly role?: string
  readonly proxy?: string
}

/**
 * What makes the rights of one account equal to those of another: first all that it lacks, then what it has besides, so
 * that what both may do is never interrupted. Afterwards the two have to be read and compared again: where ALL PRIVILEGES
 * are cut down, the server lists what is left only then.
 * @param to the account to be changed, as SQL writes it
 */
export function grantDifferences(base: Rights, clone: Rights, to: string): Difference[] {
  const all = [
    ...compareSets(base.privileges, clone.privileges).flatMap(([on, wanted, has]) =>
      privilegeDifferences(on, wanted, has, to),
    ),
    ...compareSets(base.exceptions, clone.exceptions).flatMap(([on, wanted, has]) =>
      exceptionDifferences(on, wanted, has, to),
    ),
    ...optionDifferences(base.roles, clone.roles, {
      ...{ name: (role) => `role ${role}`, option: 'ADMIN OPTION', about: (role) => ({ role }) },
      grant: (role, withOption) => `GRANT ${role} TO ${to}${withOption ? ' WITH ADMIN OPTION' : ''}`,
      revoke: (role) => `REVOKE ${role} FROM ${to}`,
      revokeOption: (role) => `REVOKE ADMIN OPTION FOR ${role} FROM ${to}`,
    }),
    ...optionDifferences(base.proxies, clone.proxies, {
      ...{ name: (other) => `PROXY ON ${other}`, option: grantOption, about: (proxy) => ({ proxy }) },
      grant: (other, withOption) => `GRANT PROXY ON ${other} TO ${to}${withOption ? withGrantOption : ''}`,
      revoke: (other) => `REVOKE PROXY ON ${other} FROM ${to}`,
      // There is no statement for the option alone: what is taken away here comes back when the two are compared again.
      revokeOption: (other) => `REVOKE PROXY ON ${other} FROM ${to}`,
    }),
    ...defaultRoleDifferences(base, clone, to),
  ]
  return [...all.filter((each) => each.clone === 'lacks'), ...all.filter((each) => each.clone === 'has')]
}

type Sets = ReadonlyMap<string, ReadonlySet<string>>

function compareSets(base: Sets, clone: Sets) {
  const none: ReadonlySet<string> = new Set()
  return [...new Set([...base.keys(), ...clone.keys()])].map(
    (on) => [on, base.get(on) ?? none, clone.get(on) ?? none] as const,
  )
}

function privilegeDifferences(on: string, wanted: ReadonlySet<string>, has: ReadonlySet<string>, to: string) {
  const counts = (other: ReadonlySet<string>) => (each: string) => !other.has(allPrivileges) || each === grantOption
  const lacks = [...wanted.difference(has)].filter(counts(has))
  const more = [...has.difference(wanted)].filter(counts(wanted))
  const differences: Difference[] = grants(lacks, on, to).map((statement) => ({
    ...{ what: `${lacks.join(', ')} ON ${on}`, clone: 'lacks', statement, privileges: { on, list: lacks } },
  }))
  const surplus = more.filter((each) => each !== grantOption)
  // ALL PRIVILEGES can't stand beside anything else in one statement.
  for (const several of [surplus, more.filter((each) => each === grantOption)].filter(({ length }) => length > 0)) {
    const what = `${several.join(', ')} ON ${on}`
    const revoked = several.includes(allPrivileges) ? [cutDown(wanted)] : several
    const names = new Set(revoked.map((each) => each.replace(withGrantOption, '')))
    const statement = `REVOKE ${[...names].join(', ')} ON ${on} FROM ${to}`
    differences.push({ what, clone: 'has', statement, privileges: { on, list: [...names] } })
  }
  return differences
}

function grants(privileges: readonly string[], on: string, to: string): string[] {
  if (privileges.length === 0) return []
  const dynamic = privileges.filter((each) => each.endsWith(withGrantOption))
  const plain = privileges.filter((each) => each !== grantOption && !dynamic.includes(each))
  const option = privileges.includes(grantOption) ? withGrantOption : ''
  return [
    ...(plain.length > 0 || option ? [`GRANT ${plain.join(', ') || 'USAGE'} ON ${on} TO ${to}${option}`] : []),
    ...dynamic.map((each) => `GRANT ${each.slice(0, -withGrantOption.length)} ON ${on} TO ${to}${withGrantOption}`),
  ]
}

/** Privileges that there are on everything that has ALL PRIVILEGES; not those that an application would miss first. */
const probes = [
  'DROP',
  'ALTER',
  'INDEX',
  'REFERENCES',
  'CREATE',
  'TRIGGER',
  'CREATE VIEW',
  'SHOW VIEW',
  'DELETE',
  'UPDATE',
]

/**
 * What to take away of ALL PRIVILEGES so that the server lists the rest by name: one that is not wanted. Taking away all
 * and giving back some would cut off who is at work.
 */
function cutDown(wanted: ReadonlySet<string>): string {
  const isWanted = (probe: string) => [...wanted].some((each) => each === probe || each.startsWith(`${probe} (`))
  const none = [...wanted].every((each) => each === grantOption)
  return (none ? undefined : probes.find((probe) => !isWanted(probe))) ?? allPrivileges
}

/** MySQL: a REVOKE makes an exception, and a GRANT on the same database ends it. */
function exceptionDifferences(on: string, wanted: ReadonlySet<string>, has: ReadonlySet<string>, to: string) {
  const [lacks, more] = [[...wanted.difference(has)], [...has.difference(wanted)]]
  const differences: Difference[] = []
  if (more.length > 0) {
    const statement = `GRANT ${more.join(', ')} ON ${on} TO ${to}`
    differences.push({ what: `${more.join(', ')} ON ${on}`, clone: 'lacks', statement })
  }
  if (lacks.length > 0) {
    const statement = `REVOKE ${lacks.join(', ')} ON ${on} FROM ${to}`
    differences.push({ what: `${lacks.join(', ')} ON ${on}`, clone: 'has', statement })
  }
  return differences
}

interface Wording {
  name(key: string): string
  readonly option: string
  about(key: string): Pick<Difference, 'role' | 'proxy'>
  grant(key: string, withOption: boolean): string
  revoke(key: string): string
  revokeOption(key: string): string
}

type Options = ReadonlyMap<string, boolean>

function optionDifferences(base: Options, clone: Options, wording: Wording): Difference[] {
  const { name, option } = wording
  return [...new Set([...base.keys(), ...clone.keys()])].flatMap((key): Difference[] => {
    const [wanted, has] = [base.get(key), clone.get(key)]
    if (wanted === has) return []
    const difference = (what: string, clone: Difference['clone'], statement: string) => [
      { what, clone, statement, ...wording.about(key) },
    ]
    if (has === undefined) return difference(name(key), 'lacks', wording.grant(key, wanted === true))
    if (wanted === undefined) return difference(name(key), 'has', wording.revoke(key))
    const what = `${option} of ${name(key)}`
    if (wanted) return difference(what, 'lacks', wording.grant(key, true))
    return difference(what, 'has', wording.revokeOption(key))
  })
}

/** A default role that was revoked since is still shown, and has no effect. */
function defaultRoleDifferences(base: Rights, clone: Rights, to: string): Difference[] {
  const effective = ({ defaultRole, roles }: Rights) =>
    defaultRole !== undefined && roles.has(defaultRole) ? defaultRole : undefined
  const [wanted, has] = [effective(base), effective(clone)]
  if (wanted === has) return []
  if (wanted === undefined)
    return [
      { what: `default role ${has}`, clone: 'has', statement: `SET DEFAULT ROLE NONE FOR ${to}`, role: String(has) },
    ]
  const statement = `SET DEFAULT ROLE ${wanted} FOR ${to}`
  return [{ what: `default role ${wanted}`, clone: 'lacks', statement, role: wanted }]
}

/** What was made equal, for a log line: names only, and not without end. */
export function describeWork(differences: readonly Pick<Difference, 'what'>[]): string {
  const shown = differences.slice(0, 5).map(({ what }) => what)
  const rest = differences.length - shown.length
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ')
}

/** What differs, for an error: names only, and not without end. */
export function describeDifferences(differences: readonly Pick<Difference, 'what' | 'clone'>[], clone: string): string {
  return describeWork(differences.map((each) => ({ what: `${clone} ${each.clone} ${each.what}` })))
}
