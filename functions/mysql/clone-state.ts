import type { CloneChange } from '../../shared/database/engine.ts'
import { say } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import { parseGrants, type Rights } from '../../shared/mysql-family/grants.ts'
import { readingAccounts } from '../../shared/mysql-family/mend.ts'
import { accountName, literal, shownAccount } from '../../shared/mysql-family/quoting.ts'
import { type AccountState, hasPassword, keepsPassword, readAccounts } from './accounts.ts'

/** One account of the pair, with all that makes it equal to another one. */
export interface RightsState extends AccountState {
  /** As SHOW GRANTS writes them. */
  readonly defaultRoles: ReadonlySet<string>
  /** What was granted to it directly. */
  readonly rights: Rights
}

/** The accounts of both names that log in by a password, by host. */
export interface CloneState {
  readonly bases: ReadonlyMap<string, RightsState>
  readonly clones: ReadonlyMap<string, RightsState>
  /** Accounts of the base's name that are not this secret's: they have another password, or none. */
  readonly others: readonly RightsState[]
  readonly server: ServerFacts
}

/** What decides, beside the accounts, what a session may do. */
interface ServerFacts {
  /** activate_all_roles_on_login: whether roles need not be default ones. */
  readonly activates: boolean
  /** A database (or a pattern of names) in which everybody may do something who runs with no role, if there is one. */
  readonly everybodys: string | undefined
}

/**
 * Accounts of the base's name that are somebody else's are told apart: one name may be used by several people, from
 * different hosts. Where the base is in use, its accounts are this secret's that have its password; else those whose clone
 * has, and of those that came without a clone since (for a new network), those that have what the base's password was.
 * @throws RotationError MissingPrivilege with the GRANT that allows reading what there is to compare
 */
export async function readCloneState(connection: ServerConnection, change: CloneChange): Promise<CloneState> {
  const { base, clone } = change
  const accounts = await readAccounts(connection, [base, clone])
  const { defaults, ...server } = await readFacts(connection, [base, clone])
  const members: RightsState[] = []
  for (const account of accounts) {
    const defaultRoles = defaults.get(shownAccount(account)) ?? new Set<string>()
    const name = accountName(account)
    const shown = await connection.show(say`reading the rights of ${name}`, `SHOW GRANTS FOR ${name}`, readingAccounts)
    members.push({ ...account, defaultRoles, rights: parseGrants(shown, account) })
  }
  const clones = byHost(members.filter(({ user }) => user === clone))
  const named = members.filter(({ user }) => user !== clone)
  const own = await ofTheSecret(byHost(named.filter(keepsPassword)), clones, change)
  return { bases: byHost(own), clones, others: named.filter((each) => !own.includes(each)), server }
}

function byHost(accounts: readonly RightsState[]): ReadonlyMap<string, RightsState> {
  return new Map(accounts.map((account) => [account.host, account]))
}

/** Those of the base's accounts that are this secret's. */
async function ofTheSecret(
  bases: CloneState['bases'],
  clones: CloneState['clones'],
  { clone, username, password, otherPassword, previousPassword }: CloneChange,
): Promise<RightsState[]> {
  const inUse = username === clone ? bases : clones
  const own: RightsState[] = []
  for (const base of bases.values()) {
    const account = inUse.get(base.host)
    // The only account of the name is the one that has just logged in: hashing for that takes its time.
    const isOwn =
      account === undefined
        ? hasPassword(base, password) || hasPassword(base, await previousPassword())
        : inUse.size === 1 || hasPassword(account, otherPassword)
    if (isOwn) own.push(base)
  }
  return own
}

/**
 * Whether the session sees the databases that everybody may use. One without a role may use them itself; one with a role
 * sees them only where it sees all.
 */
const seesDatabases = `CURRENT_ROLE() = 'NONE' OR EXISTS (SELECT 1 FROM mysql.user WHERE Show_db_priv = 'Y' AND
  (CONCAT(User, '@', Host) = CURRENT_USER() OR FIND_IN_SET(CONCAT('\`', User, '\`@\`', Host, '\`'), CURRENT_ROLE())))`

/** All of it in one statement, whatever it is about. */
async function readFacts(connection: ServerConnection, names: readonly string[]) {
  const list = names.map(literal).join(', ')
  const [row] = await connection.read<Record<'activates' | 'everybodys' | 'defaults', unknown>>(
    say`reading the roles of ${names.join(' and ')}`,
    `SELECT @@GLOBAL.activate_all_roles_on_login AS activates,
      (SELECT COALESCE(MIN(s.SCHEMA_NAME), IF(${seesDatabases}, NULL, MIN(d.Db))) FROM mysql.db d
        LEFT JOIN information_schema.SCHEMATA s ON CAST(s.SCHEMA_NAME AS BINARY) LIKE CAST(d.Db AS BINARY)
        WHERE d.User = '') AS everybodys,
      (SELECT CAST(JSON_ARRAYAGG(JSON_ARRAY(USER, HOST, DEFAULT_ROLE_USER, DEFAULT_ROLE_HOST)) AS CHAR)
        FROM mysql.default_roles WHERE USER IN (${list})) AS defaults`,
    [],
    readingAccounts,
  )
  const defaults = new Map<string, Set<string>>()
  const rows = JSON.parse(String(row?.defaults ?? '[]')) as [user: string, host: string, role: string, at: string][]
  for (const [user, host, role, at] of rows) {
    const account = shownAccount({ user, host })
    defaults.set(account, (defaults.get(account) ?? new Set()).add(shownAccount({ user: role, host: at })))
  }
  const activates = ['1', 'ON'].includes(String(row?.activates))
  return { activates, defaults, everybodys: typeof row?.everybodys === 'string' ? row.everybodys : undefined }
}
