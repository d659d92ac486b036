import type { CloneNames } from '../../shared/database/engine.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import { accountName } from '../../shared/mysql-family/quoting.ts'
import { roleName } from './clone-state.ts'

/**
 * As the clone: that it runs as the base. As the base there is nothing to compare: what it may do depends on no role of the
 * clone, and what the clone had beyond it is gone since setSecret.
 * @throws RotationError PrivilegesDiffer
 */
export async function checkClone(connection: ServerConnection, { base, clone }: CloneNames): Promise<void> {
  const { login, account } = connection
  if (login.username !== clone) return
  const [row] = await connection.read<{ roles: unknown }>(
    say`reading the roles in force`,
    'SELECT CURRENT_ROLE() AS roles',
  )
  const role = roleName({ user: base, host: account.host })
  const roles: readonly string[] = String(row?.roles).match(/`(?:[^`]|``)*`@`(?:[^`]|``)*`/g) ?? []
  if (roles.includes(role)) return
  throw new RotationError('PrivilegesDiffer', say`${accountName(account)} does not run with the role ${role}.`)
}
