import { escapeIdentifier, escapeLiteral } from 'pg'
import type { CloneNames } from '../../shared/database/engine.ts'
import type { CloneState, Role, Setting } from './clone-state.ts'

/** Something in which the clone is not equal to the base. */
export interface Difference {
  /** What differs: names only, since the values of settings can be secret. */
  readonly what: string
  /** What makes the clone equal to the base. */
  readonly statements: readonly string[]
}

/** @returns what the clone lacks, or has beyond the base; nothing where the two are equal */
export function differencesOf(state: CloneState, names: CloneNames): Difference[] {
  const { base, clone } = state
  if (base === null) return [{ what: `${names.base} does not exist`, statements: [] }]
  return [
    ...membershipDifference(state, names),
    ...attributeDifferences(base, clone, names.clone),
    ...settingDifferences(state, names),
  ]
}

function membershipDifference({ membership, version }: CloneState, { base, clone }: CloneNames): Difference[] {
  if (membership === 'whole') return []
  const grant = `GRANT ${escapeIdentifier(base)} TO ${escapeIdentifier(clone)}`
  return [{ what: 'membership', statements: [version < 160_000 ? grant : `${grant} WITH INHERIT TRUE, SET TRUE`] }]
}

/** The columns of pg_roles that are attributes to be switched on and off, as ALTER ROLE names them. */
export const switches = {
  rolsuper: 'SUPERUSER',
  rolcreaterole: 'CREATEROLE',
  rolcreatedb: 'CREATEDB',
  rolreplication: 'REPLICATION',
  rolbypassrls: 'BYPASSRLS',
} as const satisfies Partial<Record<keyof Role, string>>

/** Attributes are never inherited through a membership (manual, "Role Membership"). */
function attributeDifferences(base: Role, clone: Role | null, name: string): Difference[] {
  // What CREATE ROLE gives without being asked: none of the switches, INHERIT, no limit and no end.
  const wanted: string[] = (Object.keys(switches) as (keyof typeof switches)[])
    .filter((column) => base[column] !== (clone?.[column] ?? false))
    .map((column) => (base[column] ? switches[column] : `NO${switches[column]}`))
  // The right to connect is looked up before the session runs as the base, so the clone has to inherit it.
  if (clone?.rolinherit === false) wanted.push('INHERIT')
  if (base.rolconnlimit !== (clone?.rolconnlimit ?? -1)) wanted.push(`CONNECTION LIMIT ${base.rolconnlimit}`)
  const until = (role: Role | null) => role?.rolvaliduntil ?? 'infinity'
  if (until(base) !== until(clone)) wanted.push(`VALID UNTIL ${escapeLiteral(until(base))}`)
  return wanted.map((words) => ({ what: words, statements: [`ALTER ROLE ${escapeIdentifier(name)} ${words}`] }))
}

/** Settings that hold lists: their stored text is taken over through a variable, since quoting it would make it one item. */
const lists = new Set(['search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries'])

/**
 * Per-role settings do not reach a member, not even one that runs as the role (manual, "ALTER ROLE"). Those of a database
 * or of all hold for both, but for `role`: the clone's own comes first.
 */
function settingDifferences(state: CloneState, names: CloneNames): Difference[] {
  const { cloneSettings } = state
  const wanted = [...state.baseSettings.filter(({ name }) => name !== 'role'), ...roleSettings(state, names)]
  const key = ({ database, name }: Setting) => JSON.stringify([database, name])
  const has = new Map(cloneSettings.map((setting) => [key(setting), setting.value]))
  const keep = new Set(wanted.map(key))
  const alter = ({ database }: Setting) =>
    `ALTER ROLE ${escapeIdentifier(names.clone)}${database === null ? '' : ` IN DATABASE ${escapeIdentifier(database)}`}`

  const difference = ({ database, name }: Setting, statements: readonly string[]): Difference => {
    return { what: `${name}${database === null ? '' : ` in ${database}`}`, statements }
  }
  const missing = wanted.filter((setting) => has.get(key(setting)) !== setting.value)
  const extra = cloneSettings.filter((setting) => !keep.has(key(setting)))
  return [
    ...missing.map((setting) => difference(setting, setStatements(setting, alter(setting)))),
    ...extra.map((setting) => difference(setting, [`${alter(setting)} RESET ${parameter(setting.name)}`])),
  ]
}

/**
 * The role that a new session of either must run as in a database. The first setting that is possible holds: of the role
 * in the database, of the role, of the database, of all (process_settings in PostgreSQL's postinit.c).
 */
export function expectedUser({ baseSettings, everybodysSettings }: CloneState, base: string, database: string | null) {
  const roles = [baseSettings, everybodysSettings].flatMap((settings) => {
    const possible = settings.filter((setting) => setting.name === 'role' && setting.possible)
    return [possible.find((one) => one.database === database), possible.find((one) => one.database === null)]
  })
  const value = roles.find((setting) => setting !== undefined)?.value ?? 'none'
  return value === 'none' ? base : value
}

/** The clone's sessions run as the base, or as the role that the base itself runs as: what they create belongs to that role. */
function roleSettings(state: CloneState, { base }: CloneNames): Setting[] {
  const everywhere = expectedUser(state, base, null)
  const own = databasesIn(state.baseSettings)
  const databases = new Set([...own, ...databasesIn(state.everybodysSettings)])
  const setting = (database: string | null) => {
    return { database, name: 'role', value: expectedUser(state, base, database), possible: true }
  }
  const differing = [...databases]
    .map(setting)
    .filter(({ database, value }) => own.has(database) || value !== everywhere)
  return [setting(null), ...differing]
}

function databasesIn(settings: readonly Setting[]): Set<string | null> {
  const roles = settings.filter(({ name, database, possible }) => name === 'role' && database !== null && possible)
  return new Set(roles.map(({ database }) => database))
}

function setStatements({ name, value }: Setting, alter: string): string[] {
  if (!lists.has(name)) return [`${alter} SET ${parameter(name)} TO ${escapeLiteral(value)}`]
  return [
    `SELECT pg_catalog.set_config('${name}', ${escapeLiteral(value)}, true)`,
    `${alter} SET ${name} FROM CURRENT`,
    // At once: a search_path that a role chose for itself must not be in force for our next statement.
    'SET LOCAL search_path = pg_catalog, pg_temp',
  ]
}

/** Names of settings are words, or words joined by dots for an extension's own. */
function parameter(name: string): string {
  return name.split('.').map(escapeIdentifier).join('.')
}
