import { type Difference, sideBySide } from './differences.ts'
import { allPrivileges, grantOption, type Rights, withGrantOption } from './grants.ts'

/**
 * In what the rights of one account differ from those of another: first all that it lacks, then what it has besides, so
 * that what both may do is never interrupted. Afterwards the two have to be read and compared again: where ALL PRIVILEGES
 * are cut down, the server lists what is left only then.
 * @param to the account to be changed, as SQL writes it
 */
export function grantDifferences(base: Rights, clone: Rights, to: string): Difference[] {
  const all = [
    ...sideBySide(base.privileges, clone.privileges).flatMap(({ name: on, wanted = none, has = none }) =>
      privilegeDifferences(on, wanted, has, to),
    ),
    // MySQL: a REVOKE makes an exception, and a GRANT on the same database ends it.
    ...sideBySide(base.exceptions, clone.exceptions).flatMap(({ name: on, wanted = none, has = none }) => [
      ...several({ on, clone: 'lacks', to }, [...has.difference(wanted)]),
      ...several({ on, clone: 'has', to }, [...wanted.difference(has)]),
    ]),
    ...handedOnDifferences('role', base.roles, clone.roles, to),
    ...handedOnDifferences('proxy', base.proxies, clone.proxies, to),
    ...defaultRoleDifferences(base, clone, to),
  ]
  return [...all.filter((each) => each.clone === 'lacks'), ...all.filter((each) => each.clone === 'has')]
}

type Names = ReadonlySet<string>
const none: Names = new Set()

/** One where there are names, and none where there are not. */
function several(of: Pick<Difference, 'to' | 'clone'> & { on: string }, names: readonly string[], changed = names) {
  return names.length === 0 ? [] : [{ kind: 'privileges', ...of, names, changed } as const]
}

function privilegeDifferences(on: string, wanted: Names, has: Names, to: string): Difference[] {
  const counts = (other: Names) => (each: string) => !other.has(allPrivileges) || each === grantOption
  const lacks = [...wanted.difference(has)].filter(counts(has))
  const more = [...has.difference(wanted)].filter(counts(wanted))
  const isDynamic = (each: string) => each.endsWith(withGrantOption)
  const plain = lacks.filter((each) => !isDynamic(each))
  const option = more.filter((each) => each === grantOption)
  // ALL PRIVILEGES can't stand beside anything else in one statement.
  const surplus = more.filter((each) => each !== grantOption)
  const [missing, held] = [{ on, clone: 'lacks', to } as const, { on, clone: 'has', to } as const]
  return [
    ...several(missing, plain),
    ...lacks.filter(isDynamic).flatMap((each) => several(missing, [each])),
    ...several(held, surplus, surplus.includes(allPrivileges) ? [cutDown(on, wanted)] : surplus),
    ...several(held, option),
  ]
}

/** Those of tables, of databases too, and of everything, the newest last; first those that an application would miss last. */
const [ofTables, ofDatabases, ofAll, newest] = [
  'DROP,ALTER,INDEX,REFERENCES,CREATE,TRIGGER,CREATE VIEW,SHOW VIEW,DELETE,UPDATE,INSERT,SELECT',
  'EVENT,EXECUTE,LOCK TABLES,CREATE ROUTINE,ALTER ROUTINE,CREATE TEMPORARY TABLES',
  // MariaDB's: MySQL has no ALL PRIVILEGES on everything, but shows each.
  'SUPER,FILE,SHUTDOWN,PROCESS,RELOAD,SHOW DATABASES,CREATE USER,REPLICATION SLAVE,CREATE TABLESPACE,BINLOG MONITOR,' +
    'SET USER,FEDERATED ADMIN,CONNECTION ADMIN,READ_ONLY ADMIN,REPLICATION SLAVE ADMIN,REPLICATION MASTER ADMIN,' +
    'BINLOG ADMIN,BINLOG REPLAY,SLAVE MONITOR',
  // On servers that have not these, one of the others is not wanted: all together would be ALL PRIVILEGES.
  'DELETE HISTORY,SHOW CREATE ROUTINE',
].map((names) => names.split(',')) as [string[], string[], string[], string[]]

/**
 * What to take away of ALL PRIVILEGES so that the server lists the rest by name: one that is not wanted. Taking away all
 * and giving back some would cut off who is at work; that is left where nothing is wanted.
 */
function cutDown(on: string, wanted: Names): string {
  const isWanted = (probe: string) => [...wanted].some((each) => each === probe || each.startsWith(`${probe} (`))
  const none = [...wanted].every((each) => each === grantOption)
  const wide = on === '*.*' ? [...ofDatabases, ...ofAll] : on.endsWith('.*') ? ofDatabases : []
  return (none ? undefined : [...ofTables, ...wide, ...newest].find((probe) => !isWanted(probe))) ?? allPrivileges
}

function handedOnDifferences(kind: 'role' | 'proxy', base: Rights['roles'], clone: Rights['roles'], to: string) {
  return sideBySide(base, clone).flatMap(({ name, wanted, has }): Difference[] => {
    if (wanted === has) return []
    const optionAlone = wanted !== undefined && has !== undefined
    const lacks = has === undefined || wanted === true
    return [{ kind, to, clone: lacks ? 'lacks' : 'has', name, option: wanted === true, optionAlone }]
  })
}

/** A default role that was revoked since is still shown, and has no effect. */
function defaultRoleDifferences(base: Rights, clone: Rights, to: string): Difference[] {
  const effective = ({ defaultRole, roles }: Rights) =>
    defaultRole !== undefined && roles.has(defaultRole) ? defaultRole : undefined
  const [wanted, has] = [effective(base), effective(clone)]
  const name = wanted ?? has
  if (wanted === has || name === undefined) return []
  return [{ kind: 'default role', to, clone: wanted === undefined ? 'has' : 'lacks', name, word: 'FOR' }]
}
