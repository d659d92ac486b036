import type { Client } from 'pg'
import type { TwinNames } from '../../shared/database/engine.ts'

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
  readonly rolvaliduntil: string | null
}

/** A setting of `ALTER ROLE ... [IN DATABASE ...] SET name = value`; database is null where it holds in all. */
export interface Setting {
  readonly database: string | null
  readonly name: string
  readonly value: string
}

/** A row of pg_auth_members; the last two fields exist from PostgreSQL 16 on. */
export interface Membership {
  readonly inherit_option?: boolean
  readonly set_option?: boolean
}

/** All that is to be known of a pair of logins, read with one statement. */
export interface TwinState {
  readonly sessionUser: string
  readonly currentUser: string
  readonly database: string
  readonly version: number
  readonly base: Role | null
  readonly twin: Role | null
  readonly baseExpired: boolean
  readonly baseSettings: readonly Setting[]
  readonly twinSettings: readonly Setting[]
  /** The twin's direct memberships in the base. */
  readonly memberships: readonly Membership[]
  /** Roles that the twin is a direct member of and the base is not a member of at all. */
  readonly twinAlone: readonly string[]
  /** Databases in which the twin owns something or was granted something itself; `(all)` for what belongs to none. */
  readonly twinHolds: readonly string[]
  /**
   * Whom the session should act as: its own login or, where that is a twin itself, the base that it runs as. A database's
   * own `role` setting does not count, since its owner need not be trusted.
   */
  readonly self: Role & { readonly rolname: string }
  /** Whether that role may administer the two: from PostgreSQL 16 on CREATEROLE alone does not suffice. */
  readonly administersBase: boolean
  readonly administersTwin: boolean
}

// Everything is qualified, operators too where they could be taken for others: search_path belongs to the role.
const query = `
WITH pair AS (
  SELECT r.oid, r.rolname, pg_catalog.to_jsonb(r) AS role
  FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[$1, $2]::pg_catalog.name[])
), base AS (SELECT * FROM pair WHERE rolname OPERATOR(pg_catalog.=) $1::pg_catalog.name
), twin AS (SELECT * FROM pair WHERE rolname OPERATOR(pg_catalog.=) $2::pg_catalog.name
), chosen AS (
  SELECT pg_catalog.substr(c, 6)::pg_catalog.name AS name FROM pg_catalog.pg_db_role_setting s
  CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) c
  WHERE s.setdatabase OPERATOR(pg_catalog.=) 0::pg_catalog.oid AND pg_catalog.starts_with(c, 'role=')
    AND s.setrole OPERATOR(pg_catalog.=) (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) session_user)
), actor AS (
  SELECT r.* FROM pg_catalog.pg_roles r
  WHERE r.rolname OPERATOR(pg_catalog.=) COALESCE((SELECT c.name FROM chosen c JOIN pg_catalog.pg_roles k
    ON k.rolname OPERATOR(pg_catalog.=) c.name WHERE pg_catalog.pg_has_role(session_user, k.oid, 'MEMBER')), session_user)
), settings AS (
  SELECT s.setrole, pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('database', d.datname,
    'name', pg_catalog.split_part(c, '=', 1), 'value', pg_catalog.substr(c, pg_catalog.strpos(c, '=') OPERATOR(pg_catalog.+) 1))) AS list
  FROM pg_catalog.pg_db_role_setting s
  LEFT JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) s.setdatabase
  CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) c
  WHERE s.setrole OPERATOR(pg_catalog.=) ANY (SELECT oid FROM pair) GROUP BY s.setrole
)
SELECT
  session_user::pg_catalog.text AS "sessionUser", current_user::pg_catalog.text AS "currentUser",
  pg_catalog.current_database()::pg_catalog.text AS database,
  pg_catalog.current_setting('server_version_num')::pg_catalog.int4 AS version,
  (SELECT role FROM base) AS base, (SELECT role FROM twin) AS twin,
  COALESCE((SELECT (role OPERATOR(pg_catalog.->>) 'rolvaliduntil')::pg_catalog.timestamptz
    OPERATOR(pg_catalog.<=) pg_catalog.now() FROM base), false) AS "baseExpired",
  COALESCE((SELECT list FROM settings WHERE setrole OPERATOR(pg_catalog.=) (SELECT oid FROM base)), '[]') AS "baseSettings",
  COALESCE((SELECT list FROM settings WHERE setrole OPERATOR(pg_catalog.=) (SELECT oid FROM twin)), '[]') AS "twinSettings",
  (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(m)), '[]') FROM pg_catalog.pg_auth_members m
    WHERE m.roleid OPERATOR(pg_catalog.=) (SELECT oid FROM base) AND m.member OPERATOR(pg_catalog.=) (SELECT oid FROM twin)) AS memberships,
  (SELECT COALESCE(pg_catalog.jsonb_agg(m.roleid::pg_catalog.regrole::pg_catalog.text), '[]') FROM pg_catalog.pg_auth_members m
    WHERE m.member OPERATOR(pg_catalog.=) (SELECT oid FROM twin)
      AND NOT pg_catalog.pg_has_role((SELECT oid FROM base), m.roleid, 'MEMBER')) AS "twinAlone",
  (SELECT COALESCE(pg_catalog.jsonb_agg(DISTINCT COALESCE(d.datname::pg_catalog.text, '(all)')), '[]') FROM pg_catalog.pg_shdepend s
    LEFT JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) s.dbid
    WHERE s.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_authid'::pg_catalog.regclass
      AND s.refobjid OPERATOR(pg_catalog.=) (SELECT oid FROM twin)
      AND s.classid OPERATOR(pg_catalog.<>) 'pg_catalog.pg_auth_members'::pg_catalog.regclass) AS "twinHolds",
  (SELECT pg_catalog.to_jsonb(actor) FROM actor) AS self,
  COALESCE((SELECT pg_catalog.pg_has_role((SELECT oid FROM actor), oid, 'MEMBER WITH ADMIN OPTION') FROM base), false) AS "administersBase",
  COALESCE((SELECT pg_catalog.pg_has_role((SELECT oid FROM actor), oid, 'MEMBER WITH ADMIN OPTION') FROM twin), false) AS "administersTwin"`

/** @returns what the server says of the two; throws what `pg` throws */
export async function readTwinState(client: Client, { base, twin }: TwinNames): Promise<TwinState> {
  const { rows } = await client.query<TwinState>(query, [base, twin])
  const [state] = rows
  if (state === undefined) throw new Error('the server gave no row')
  return state
}
