import { escapeIdentifier, escapeLiteral, type QueryResult } from 'pg'
import type { CloneNames } from '../../shared/database/engine.ts'

/** A row of pg_roles. */
export interface Role {
  readonly rolsuper: boolean
  readonly rolinherit: boolean
  readonly rolcreaterole: boolean
  readonly rolcreatedb: boolean
  readonly rolcanlogin: boolean
  readonly rolreplication: boolean
  readonly rolbypassrls: boolean
  readonly rolconnlimit: number
  /** As JSON has it: ISO 8601, or `infinity`. */
  readonly rolvaliduntil: string | null
}

/** A setting of `ALTER ROLE ... [IN DATABASE ...] SET name = value`; database is null where it holds in all. */
export interface Setting {
  readonly database: string | null
  readonly name: string
  readonly value: string
  /** Of a setting `role`: whether the base may act as that role. Where not, its sessions go on as if there were none. */
  readonly possible: boolean
}

/** All that is to be known of a pair of logins, read in one round trip. */
export interface CloneState {
  readonly sessionUser: string
  readonly currentUser: string
  readonly database: string
  readonly version: number
  /** In which form the server keeps a password that it is told now. */
  readonly passwordEncryption: string
  readonly base: Role | null
  readonly clone: Role | null
  readonly baseExpired: boolean
  readonly baseSettings: readonly Setting[]
  readonly cloneSettings: readonly Setting[]
  /** Those of a database or of all, for all roles: `ALTER DATABASE ... SET`, `ALTER ROLE ALL ... SET`. */
  readonly everybodysSettings: readonly Setting[]
  /** The clone's direct membership in the base; from PostgreSQL 16 on it may come without INHERIT or SET. */
  readonly membership: 'none' | 'partial' | 'whole'
  /** Roles that the clone is a direct member of and the base is not a member of at all. */
  readonly cloneAlone: readonly string[]
  /** Databases in which the clone owns something or was granted something itself; `(all)` for what belongs to none. */
  readonly cloneHolds: readonly string[]
  /** Whether REASSIGN OWNED in these suffices: nothing was granted to the clone or by its default privileges, and no user mapping is its own. */
  readonly cloneOnlyOwns: boolean
  /**
   * Whom the session should act as: its own login or, where that is a clone itself, the base that it runs as. A database's
   * own `role` setting does not count, since its owner need not be trusted.
   */
  readonly self: Role & { readonly rolname: string }
  /** Whether that role may administer the two: from PostgreSQL 16 on CREATEROLE alone does not suffice. */
  readonly administersBase: boolean
  readonly administersClone: boolean
}

/** What the questions read, and thus what their login must be allowed to read. */
export const readCatalogs = ['pg_roles', 'pg_auth_members', 'pg_db_role_setting', 'pg_shdepend', 'pg_database']

type RoleRow = Role & {
  readonly oid: number
  readonly rolname: string
  readonly expired: boolean | null
  readonly session_administers: boolean
  readonly current_administers: boolean
}
type Row = Pick<CloneState, 'sessionUser' | 'currentUser' | 'database' | 'version' | 'passwordEncryption'>
type SettingsRow = {
  readonly setrole: number
  readonly setdatabase: number
  readonly datname: string | null
  readonly setconfig: readonly string[]
  readonly possible: boolean | null
}
type MemberRow = {
  readonly role: string
  /** Of pg_auth_members; the two fields exist from PostgreSQL 16 on. */
  readonly row: { readonly inherit_option?: boolean; readonly set_option?: boolean }
  readonly of_base: boolean
  readonly base_is_member: boolean | null
}

/**
 * The questions, for a transaction in which pg_catalog is what search_path names: several small ones, since a new session
 * plans a large one for longer than it takes to answer it. `readCloneState` makes of the answers what is to be known.
 */
export function cloneQuestions({ base, clone }: CloneNames): string[] {
  // Null where there is no such role.
  const oid = (name: string) => `to_regrole(${escapeLiteral(escapeIdentifier(name))})`
  const mayAct = `CASE WHEN current_setting('server_version_num')::int4 < 160000 THEN 'MEMBER' ELSE 'SET' END`
  return [
    `SELECT session_user::text AS "sessionUser", current_user::text AS "currentUser", current_database()::text AS database,
       current_setting('server_version_num')::int4 AS version, current_setting('password_encryption') AS "passwordEncryption"`,
    `SELECT r.oid, r.rolname::text AS rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin,
       r.rolreplication, r.rolbypassrls, r.rolconnlimit, to_json(r.rolvaliduntil) AS rolvaliduntil,
       r.rolvaliduntil <= now() AS expired,
       pg_has_role(session_user, r.oid, 'MEMBER WITH ADMIN OPTION') AS session_administers,
       pg_has_role(current_user, r.oid, 'MEMBER WITH ADMIN OPTION') AS current_administers
     FROM pg_catalog.pg_roles r
     WHERE r.rolname IN (${escapeLiteral(base)}, ${escapeLiteral(clone)}, session_user, current_user)`,
    `SELECT s.setrole, s.setdatabase, (SELECT d.datname FROM pg_catalog.pg_database d WHERE d.oid = s.setdatabase) AS datname,
       s.setconfig, (SELECT pg_has_role(${oid(base)}, to_regrole(quote_ident(substr(c, 6))), ${mayAct})
         FROM unnest(s.setconfig) c WHERE substr(c, 1, 5) = 'role=') AS possible
     FROM pg_catalog.pg_db_role_setting s
     WHERE s.setrole IN (0, ${oid(base)}, ${oid(clone)}, to_regrole(quote_ident(session_user)))`,
    `SELECT m.roleid::regrole::text AS role, to_json(m) AS row, m.roleid = ${oid(base)} AS of_base,
       pg_has_role(${oid(base)}, m.roleid, 'MEMBER') AS base_is_member
     FROM pg_catalog.pg_auth_members m WHERE m.member = ${oid(clone)}`,
    `SELECT COALESCE((SELECT d.datname FROM pg_catalog.pg_database d WHERE d.oid = s.dbid)::text, '(all)') AS holds,
       bool_and(s.deptype = 'o' AND s.classid NOT IN ('pg_catalog.pg_default_acl'::regclass,
         'pg_catalog.pg_user_mapping'::regclass)) AS only_owns
     FROM pg_catalog.pg_shdepend s
     WHERE s.refclassid = 'pg_catalog.pg_authid'::regclass AND s.refobjid = ${oid(clone)}
       AND s.classid <> 'pg_catalog.pg_auth_members'::regclass
     GROUP BY 1`,
  ]
}

/** @param answers the results of `cloneQuestions`, in their order */
export function readCloneState(answers: readonly QueryResult[], names: CloneNames): CloneState {
  const rows = <T>(index: number) => (answers[index]?.rows ?? []) as T[]
  const [about] = rows<Row>(0)
  if (about === undefined) throw new Error('the server gave no row')
  const roles = new Map(rows<RoleRow>(1).map((role) => [role.rolname, role]))
  const [base, clone] = [roles.get(names.base), roles.get(names.clone)]
  const lists = rows<SettingsRow>(2)
  const settingsOf = (role: number | undefined) =>
    lists.filter((list) => list.setrole === role).flatMap((list) => settingsIn(list))
  const members = rows<MemberRow>(3)
  const inBase = members.filter((member) => member.of_base)
  const isWhole = inBase.some(({ row }) => row.inherit_option !== false && row.set_option !== false)
  const holdings = rows<{ holds: string; only_owns: boolean }>(4)

  const session = roles.get(about.sessionUser)
  const runsAs = settingsOf(session?.oid).find(({ name, database }) => name === 'role' && database === null)
  const current = runsAs?.value === about.currentUser ? roles.get(about.currentUser) : undefined
  const self = current ?? session
  if (self === undefined) throw new Error('the server does not know who is asking')
  const administers = (role: RoleRow | undefined) =>
    (current === undefined ? role?.session_administers : role?.current_administers) ?? false
  return {
    ...about,
    base: base ?? null,
    clone: clone ?? null,
    baseExpired: base?.expired ?? false,
    baseSettings: settingsOf(base?.oid),
    cloneSettings: settingsOf(clone?.oid),
    everybodysSettings: settingsOf(0),
    membership: isWhole ? 'whole' : inBase.length > 0 ? 'partial' : 'none',
    cloneAlone: members.filter((member) => member.base_is_member === false).map(({ role }) => role),
    cloneHolds: holdings.map(({ holds }) => holds),
    cloneOnlyOwns: holdings.every((row) => row.only_owns),
    self,
    administersBase: administers(base),
    administersClone: administers(clone),
  }
}

function settingsIn({ setdatabase, datname, setconfig, possible }: SettingsRow): Setting[] {
  // A database that was dropped a moment ago.
  if (setdatabase !== 0 && datname === null) return []
  return setconfig.map((text) => {
    const at = text.indexOf('=')
    const [name, value] = [text.slice(0, at), text.slice(at + 1)]
    return { database: datname, name, value, possible: name !== 'role' || value === 'none' || possible === true }
  })
}
