import type { Difference } from './differences.ts'
import { allPrivileges, grantOption, type Rights, withGrantOption } from './grants.ts'

/**
 * In what the rights of one account differ from those of another: first all that it lacks, then what it has besides, so
 * that what both may do is never interrupted. Afterwards the two have to be read and compared again: where ALL PRIVILEGES
 * are cut down, the server lists what is left only then.
 * @param to the account to be changed, as SQL writes it
 */
export function grantDifferences(base: Rights, clone: Rights, to: string): Difference[] {
  const all = [
    ...compareSets(base.privileges, clone.privileges).flatMap(([on, wanted, has]) =>
      privilegeDifferences(on, wanted, has, to),
    ),
    // MySQL: a REVOKE makes an exception, and a GRANT on the same database ends it.
    ...compareSets(base.exceptions, clone.exceptions).flatMap(([on, wanted, has]) => [
      ...differencesIn(on, [...has.difference(wanted)], 'lacks', to),
      ...differencesIn(on, [...wanted.difference(has)], 'has', to),
    ]),
    ...compareOptions(base.roles, clone.roles).map(([role, side]): Difference => ({ kind: 'role', to, role, ...side })),
    ...compareOptions(base.proxies, clone.proxies).map(
      ([account, side]): Difference => ({ kind: 'proxy', to, account, ...side }),
    ),
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

/** One where there are names, and none where there are not. */
function differencesIn(
  on: string,
  names: readonly string[],
  clone: Difference['clone'],
  to: string,
  changed = names,
): Difference[] {
  return names.length === 0 ? [] : [{ kind: 'privileges', to, clone, on, names, changed }]
}

function privilegeDifferences(on: string, wanted: ReadonlySet<string>, has: ReadonlySet<string>, to: string) {
  const counts = (other: ReadonlySet<string>) => (each: string) => !other.has(allPrivileges) || each === grantOption
  const lacks = [...wanted.difference(has)].filter(counts(has))
  const more = [...has.difference(wanted)].filter(counts(wanted))
  const dynamic = lacks.filter((each) => each.endsWith(withGrantOption))
  // ALL PRIVILEGES can't stand beside anything else in one statement.
  const surplus = more.filter((each) => each !== grantOption)
  return [
    ...differencesIn(
      on,
      lacks.filter((each) => !dynamic.includes(each)),
      'lacks',
      to,
    ),
    ...dynamic.flatMap((each) => differencesIn(on, [each], 'lacks', to)),
    ...differencesIn(on, surplus, 'has', to, surplus.includes(allPrivileges) ? [cutDown(wanted)] : surplus),
    ...differencesIn(
      on,
      more.filter((each) => each === grantOption),
      'has',
      to,
    ),
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

type Options = ReadonlyMap<string, boolean>

function compareOptions(base: Options, clone: Options) {
  return [...new Set([...base.keys(), ...clone.keys()])]
    .map((name) => [name, base.get(name), clone.get(name)] as const)
    .filter(([, wanted, has]) => wanted !== has)
    .map(([name, wanted, has]) => {
      const lacks = has === undefined || wanted === true
      const optionAlone = wanted !== undefined && has !== undefined
      return [name, { clone: lacks ? 'lacks' : 'has', option: wanted === true, optionAlone }] as const
    })
}

/** A default role that was revoked since is still shown, and has no effect. */
function defaultRoleDifferences(base: Rights, clone: Rights, to: string): Difference[] {
  const effective = ({ defaultRole, roles }: Rights) =>
    defaultRole !== undefined && roles.has(defaultRole) ? defaultRole : undefined
  const [wanted, has] = [effective(base), effective(clone)]
  const role = wanted ?? has
  if (wanted === has || role === undefined) return []
  return [{ kind: 'default role', to, clone: wanted === undefined ? 'has' : 'lacks', role, word: 'FOR' }]
}
