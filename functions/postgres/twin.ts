import { escapeIdentifier, escapeLiteral } from 'pg'
import type { TwinNames } from '../../shared/database/engine.ts'
import { RotationError } from '../../shared/rotation/errors.ts'
import type { Role, Setting, TwinState } from './twin-state.ts'

export interface Difference {
  /** What differs: names only, since the values of settings can be secret. */
  readonly what: string
  /** What makes the twin equal to the base. */
  readonly statements: readonly string[]
}

/**
 * What gives one of the two a new password and makes the twin equal to the base, to be run in one transaction.
 * @param username which of the two gets the password
 * @param passwordClause `PASSWORD '...'`
 * @throws RotationError NotATwin, LoginLocked, LoginExpired or MissingPrivilege, before anything is changed
 */
export function planTwin(state: TwinState, names: TwinNames, username: string, passwordClause: string) {
  checkRoles(state, names, username)
  checkRights(state, names)
  const differences = twinDifferences(state, names)
  const verb = state.twin === null ? 'CREATE' : 'ALTER'
  const password = `${username === names.twin ? verb : 'ALTER'} ROLE ${escapeIdentifier(username)} LOGIN ${passwordClause}`
  return {
    differences: differences.map(({ what }) => what),
    statements: [actAs(state), password, ...differences.flatMap(({ statements }) => statements)],
  }
}

/** Where the superuser is a twin itself, what it creates must be administered by its base, or its other login could not. */
function actAs({ self, sessionUser }: TwinState): string {
  return self.rolname === sessionUser ? 'SET LOCAL ROLE NONE' : `SET LOCAL ROLE ${escapeIdentifier(self.rolname)}`
}

/** An existing role is touched only where it is provably the twin: a member of the base, and no more than the base. */
function checkRoles(state: TwinState, names: TwinNames, username: string): void {
  const { base, twin, baseExpired, memberships, twinAlone, twinHolds } = state
  if (base === null) {
    const likely = `The role ${names.base} was dropped or renamed, or ${names.twin} is not a twin at all.`
    throw new RotationError('NotATwin', `There is no role ${names.base}.`, { likely })
  }
  if (!base.rolcanlogin) throw new RotationError('LoginLocked', `${names.base} may not log in.`)
  if (baseExpired) throw new RotationError('LoginExpired', `${names.base} has expired.`)
  if (twin === null && username === names.twin) return
  if (twin === null) throw new RotationError('NotATwin', `There is no role ${names.twin}.`)
  if (memberships.length === 0)
    throw new RotationError('NotATwin', `${names.twin} exists, but is not a member of ${names.base}.`)
  // With a new password for the twin, whoever may read the secret gets all that the twin may do.
  if (twinAlone.length > 0)
    throw new RotationError(
      'NotATwin',
      `${names.twin} is a member of ${twinAlone.join(', ')}, and ${names.base} is not.`,
    )
  // The twin is about to run as the base: what is its own would be out of reach for those who use it now.
  if (twinHolds.length > 0)
    throw holdsMore(names, `owns something, or was granted something itself, in ${twinHolds.join(', ')}`)
  if (!isAdopted(state)) {
    const more = (['rolcreaterole', 'rolcreatedb', 'rolreplication', 'rolbypassrls'] as const).filter(
      (column) => twin[column] && !base[column],
    )
    if (more.length > 0) throw holdsMore(names, `has ${more.map((column) => switches[column]).join(', ')}`)
  }
  if (twin.rolsuper && !base.rolsuper)
    throw new RotationError('NotATwin', `${names.twin} is a superuser and ${names.base} is not.`)
  if (!twin.rolcanlogin) throw new RotationError('LoginLocked', `${names.twin} may not log in.`)
}

/** Whether an earlier rotation has made the role the twin: then what it has beyond the base is only out of date. */
function isAdopted({ twinSettings }: TwinState): boolean {
  return twinSettings.some(({ database, name }) => database === null && name === 'role')
}

function holdsMore({ base, twin }: TwinNames, what: string): RotationError {
  const [from, to] = [escapeIdentifier(twin), escapeIdentifier(base)]
  return new RotationError('NotATwin', `${twin} ${what}, and ${base} does not share it.`, {
    likely: 'It was used with another tool, which made it a login of its own, or it belongs to somebody else.',
    remedy: `If it is the second login of ${base}: grant ${base} what only ${twin} has, then in each database REASSIGN OWNED BY ${from} TO ${to}; DROP OWNED BY ${from}; and take away its own attributes.`,
  })
}

/** Says beforehand, with the statement that mends it, what the server would refuse half-way. */
function checkRights({ self, version, twin, administersBase, administersTwin }: TwinState, names: TwinNames): void {
  if (self.rolsuper) return
  const me = escapeIdentifier(self.rolname)
  const missing = (what: string, statement: string) =>
    new RotationError('MissingPrivilege', `${self.rolname} ${what}.`, { remedy: `As an administrator: ${statement};` })
  if (!self.rolcreaterole) throw missing('may not manage roles', `ALTER ROLE ${me} CREATEROLE`)
  if (version < 160_000) return
  const grant = (role: string) =>
    missing(`does not administer ${role}`, `GRANT ${escapeIdentifier(role)} TO ${me} WITH ADMIN OPTION`)
  if (!administersBase) throw grant(names.base)
  if (twin !== null && !administersTwin) throw grant(names.twin)
}

/** @returns what the twin lacks, or has beyond the base; nothing where the two are equal */
export function twinDifferences(state: TwinState, names: TwinNames): Difference[] {
  const { base, twin } = state
  if (base === null) return [{ what: `${names.base} does not exist`, statements: [] }]
  return [
    ...membershipDifference(state, names),
    ...attributeDifferences(base, twin, names.twin),
    ...settingDifferences(state, names),
  ]
}

function membershipDifference({ memberships, version }: TwinState, { base, twin }: TwinNames): Difference[] {
  const grant = `GRANT ${escapeIdentifier(base)} TO ${escapeIdentifier(twin)}`
  const whole = memberships.some((row) => row.inherit_option !== false && row.set_option !== false)
  if (whole) return []
  return [{ what: 'membership', statements: [version < 160_000 ? grant : `${grant} WITH INHERIT TRUE, SET TRUE`] }]
}

const switches = {
  rolsuper: 'SUPERUSER',
  rolcreaterole: 'CREATEROLE',
  rolcreatedb: 'CREATEDB',
  rolreplication: 'REPLICATION',
  rolbypassrls: 'BYPASSRLS',
} as const satisfies Partial<Record<keyof Role, string>>

/** What CREATE ROLE gives without being asked. */
const plain: Role = {
  ...{ rolsuper: false, rolinherit: true, rolcreaterole: false, rolcreatedb: false, rolcanlogin: true },
  ...{ rolreplication: false, rolbypassrls: false, rolconnlimit: -1, rolvaliduntil: null },
}

/** Attributes are never inherited through a membership (manual, "Role Membership"). */
function attributeDifferences(base: Role, twin: Role | null, name: string): Difference[] {
  const has = twin ?? plain
  const wanted = Object.entries(switches)
    .filter(([column]) => base[column as keyof typeof switches] !== has[column as keyof typeof switches])
    .map(([column, word]) => (base[column as keyof typeof switches] ? word : `NO${word}`))
  // The right to connect is looked up before the session runs as the base, so the twin has to inherit it.
  if (!has.rolinherit) wanted.push('INHERIT')
  if (base.rolconnlimit !== has.rolconnlimit) wanted.push(`CONNECTION LIMIT ${base.rolconnlimit}`)
  const until = (role: Role) => role.rolvaliduntil ?? 'infinity'
  if (until(base) !== until(has)) wanted.push(`VALID UNTIL ${escapeLiteral(until(base))}`)
  return wanted.map((words) => ({ what: words, statements: [`ALTER ROLE ${escapeIdentifier(name)} ${words}`] }))
}

/** Settings that hold lists: their stored text is taken over through a variable, since quoting it would make it one item. */
const lists = new Set(['search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries'])

/** Per-role settings do not reach a member, not even one that runs as the role (manual, "ALTER ROLE"). */
function settingDifferences({ baseSettings, twinSettings }: TwinState, { base, twin }: TwinNames): Difference[] {
  const wanted = [...baseSettings.filter((setting) => !runsAsItself(setting)), ...runAs(baseSettings, base)]
  const key = ({ database, name }: Setting) => JSON.stringify([database, name])
  const has = new Map(twinSettings.map((setting) => [key(setting), setting.value]))
  const keep = new Set(wanted.map(key))
  const where = ({ database, name }: Setting) => `${name}${database === null ? '' : ` in ${database}`}`
  const alter = ({ database }: Setting) =>
    `ALTER ROLE ${escapeIdentifier(twin)}${database === null ? '' : ` IN DATABASE ${escapeIdentifier(database)}`}`

  const missing = wanted.filter((setting) => has.get(key(setting)) !== setting.value)
  const extra = twinSettings.filter((setting) => !keep.has(key(setting)))
  return [
    ...missing.map((setting) => ({ what: where(setting), statements: setStatements(setting, alter(setting)) })),
    ...extra.map((setting) => ({
      what: where(setting),
      statements: [`${alter(setting)} RESET ${parameter(setting.name)}`],
    })),
  ]
}

/** The twin's sessions run as the base, so that what they create belongs to it; or as whom the base itself runs as. */
function runAs(baseSettings: readonly Setting[], base: string): Setting[] {
  const chosen = baseSettings.some(
    (setting) => setting.name === 'role' && setting.database === null && !runsAsItself(setting),
  )
  return chosen ? [] : [{ database: null, name: 'role', value: base }]
}

function runsAsItself({ name, value }: Setting): boolean {
  return name === 'role' && value === 'none'
}

/** @returns the role that a new session of the twin must run as in a database */
export function expectedUser({ baseSettings, database }: TwinState, { base }: TwinNames): string {
  const chosen = baseSettings.filter((setting) => setting.name === 'role' && !runsAsItself(setting))
  const setting = chosen.find((one) => one.database === database) ?? chosen.find((one) => one.database === null)
  return setting?.value ?? base
}

function setStatements({ name, value }: Setting, alter: string): string[] {
  if (!lists.has(name)) return [`${alter} SET ${parameter(name)} TO ${escapeLiteral(value)}`]
  return [
    `SELECT pg_catalog.set_config('${name}', ${escapeLiteral(value)}, true)`,
    `${alter} SET ${name} FROM CURRENT`,
    // At once: a search_path that a role chose for itself must not be in force for our next statement.
    "SET LOCAL search_path = ''",
  ]
}

/** Names of settings are words, or words joined by dots for an extension's own. */
function parameter(name: string): string {
  return name.split('.').map(escapeIdentifier).join('.')
}
