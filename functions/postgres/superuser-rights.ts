import { escapeIdentifier } from 'pg'
import type { CloneNames } from '../../shared/database/engine.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { ours, say, type Words } from '../../shared/errors/words.ts'
import { switches } from './clone-differences.ts'
import { type CloneState, readCatalogs } from './clone-state.ts'
import { majorOf } from './versions.ts'

/** Attributes that a role may give, or take away, only where it has them itself (manual of PostgreSQL 16, "CREATE ROLE"). */
const guarded = ['rolcreatedb', 'rolreplication', 'rolbypassrls'] as const

/**
 * Says beforehand, with the statement that mends it, what the server would refuse half-way.
 * @throws RotationError MissingPrivilege
 */
export function checkSuperuser(state: CloneState, names: CloneNames): void {
  const { self, version, base, clone, administersBase, administersClone } = state
  if (self.rolsuper) return
  const me = escapeIdentifier(self.rolname)
  const missing = (what: Words, statement: string) =>
    new RotationError('MissingPrivilege', say`${self.rolname} ${what}.`, {
      remedy: say`As an administrator: ${statement};`,
    })

  if (!self.rolcreaterole) throw missing(say`may not manage roles`, `ALTER ROLE ${me} CREATEROLE`)
  const superuser = [base, clone].some((role) => role?.rolsuper)
  if (superuser) throw missing(say`may not change a superuser`, `ALTER ROLE ${me} SUPERUSER`)
  const differ = (column: (typeof guarded)[number]) => (base?.[column] ?? false) !== (clone?.[column] ?? false)
  if (version < 160_000) {
    // A role that has REPLICATION is changed by superusers alone, whatever the change is.
    const special =
      base?.rolreplication || clone?.rolreplication ? 'REPLICATION' : differ('rolbypassrls') && 'BYPASSRLS'
    if (special === false) return
    const what = say`may not change what has ${ours(special)}: before PostgreSQL 16 superusers alone may`
    throw missing(what, `ALTER ROLE ${me} SUPERUSER`)
  }
  const grant = (role: string) =>
    missing(say`does not administer ${role}`, `GRANT ${escapeIdentifier(role)} TO ${me} WITH ADMIN OPTION`)
  if (!administersBase) throw grant(names.base)
  if (clone !== null && !administersClone) throw grant(names.clone)
  for (const column of guarded) {
    if (!differ(column) || self[column]) continue
    const what = say`may not give or take away ${ours(switches[column])}, in which ${names.base} and ${names.clone} differ`
    throw missing(what, `ALTER ROLE ${me} ${switches[column]}`)
  }
}

/** The statement that lets a role read what the comparison of the two logins needs, where that was taken from PUBLIC. */
export function grantToRead(role: string): string {
  const tables = readCatalogs.map((name) => `pg_catalog.${name}`).join(', ')
  return `GRANT SELECT ON ${tables} TO ${escapeIdentifier(role)}`
}

/**
 * The statement that allows a superuser what the server refused, though `checkSuperuser` had nothing to say.
 * @param words what the server said
 * @param routine where in its source it said it
 * @param differences what was about to be made equal
 */
export function grantFor(
  superuser: string,
  words: string,
  routine: string | undefined,
  differences: readonly string[],
  version: string | undefined,
): string {
  if (routine === 'aclcheck_error') return grantToRead(superuser)
  const [setting] = differences.map((what) => what.split(' ')[0] ?? '').filter((name) => words.includes(`"${name}"`))
  if (setting !== undefined && majorOf(version) >= 15) {
    const parameter = setting.split('.').map(escapeIdentifier).join('.')
    return `GRANT SET ON PARAMETER ${parameter} TO ${escapeIdentifier(superuser)}`
  }
  return `ALTER ROLE ${escapeIdentifier(superuser)} SUPERUSER`
}
