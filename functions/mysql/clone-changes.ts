import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import { explained } from '../../shared/mysql-family/missing-privilege.ts'
import { accountName } from '../../shared/mysql-family/quoting.ts'

/**
 * `explained` for what a superuser does to an account. One that has SYSTEM_USER itself is changed only by others that
 * have it, whatever else they may (MySQL manual, "Account Categories").
 * @param remedy where it is not that: what an administrator is to run; left out, what the superuser needs in any case
 */
export function explainedChange<T>(connection: ServerConnection, work: Promise<T>, remedy?: string): Promise<T> {
  const me = accountName(connection.account)
  const otherwise = remedy ?? `GRANT CREATE USER, ROLE_ADMIN ON *.* TO ${me};`
  return explained(work, (lacks) => (lacks === 'SYSTEM_USER' ? `GRANT SYSTEM_USER ON *.* TO ${me};` : otherwise))
}
