import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import { allPrivileges, parseGrants } from '../../shared/mysql-family/grants.ts'
import { granting, type Mend } from '../../shared/mysql-family/mend.ts'
import { accountName, shownAccount } from '../../shared/mysql-family/quoting.ts'
import type { RightsState } from './clone-state.ts'

/** Says beforehand what the server would refuse half-way. @throws RotationError MissingPrivilege */
export async function checkSuperuser(connection: ServerConnection, bases: readonly RightsState[]): Promise<void> {
  const me = accountName(connection.account)
  const { privileges, roles } = parseGrants(await connection.show(say`reading the rights of ${me}`, 'SHOW GRANTS'))
  const held = privileges.get('*.*') ?? new Set()
  const holds = (...names: string[]) => names.some((name) => held.has(name))
  const administers = bases.every((base) => roles.get(shownAccount(base)) === true)
  const missing = [
    ...(holds('CREATE USER', allPrivileges) ? [] : ['CREATE USER']),
    ...(holds('ROLE_ADMIN', 'SUPER', allPrivileges) || administers ? [] : ['ROLE_ADMIN']),
  ]
  if (missing.length === 0) return
  throw new RotationError('MissingPrivilege', say`${me} lacks ${missing.join(' and ')}.`, {
    remedy: say`As an administrator: GRANT ${missing.join(', ')} ON *.* TO ${me}; RDS's masters have CREATE USER and ROLE_ADMIN from MySQL 8.0.36 on.`,
  })
}

/**
 * What an administrator is to run where the superuser may not change an account. One that has SYSTEM_USER itself is changed
 * only by others that have it, whatever else they may (MySQL manual, "Account Categories").
 * @param otherwise what to run where SYSTEM_USER is not what is missing; by default the GRANT that each superuser needs
 */
export function changingAccounts(otherwise = granting('CREATE USER, ROLE_ADMIN ON *.*')): Mend {
  return (me, lacks) => (lacks === 'SYSTEM_USER' ? granting('SYSTEM_USER ON *.*') : otherwise)(me, lacks)
}
