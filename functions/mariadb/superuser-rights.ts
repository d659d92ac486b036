import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say, type Words } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import type { Difference } from '../../shared/mysql-family/grant-differences.ts'
import { allPrivileges, grantOption, parseGrants, type Rights, unquoted } from '../../shared/mysql-family/grants.ts'
import { accountName } from '../../shared/mysql-family/quoting.ts'
import { shownTexts } from '../../shared/mysql-family/shown-texts.ts'

/**
 * Says beforehand, with the statement that mends it, what the server would refuse half-way. Only what is certain:
 * whatever else is missing the server says itself.
 * @throws RotationError MissingPrivilege
 */
export async function checkSuperuser(connection: ServerConnection, work: readonly Difference[]): Promise<void> {
  const { account } = connection
  const me = accountName(account)
  // Without FOR the rights of the session's roles are among them.
  const rows = await connection.run(say`reading the rights of ${account.user}`, 'SHOW GRANTS')
  const rights = parseGrants(shownTexts(rows))
  const missing = (what: Words, statement: string) =>
    new RotationError('MissingPrivilege', say`${account.user} ${what}.`, {
      remedy: say`As an administrator: ${statement}`,
    })
  const mayChangeAccounts = ['*.*', '`mysql`.*'].some((on) =>
    [allPrivileges, 'CREATE USER', 'UPDATE'].some((each) => rights.privileges.get(on)?.has(each)),
  )
  if (!mayChangeAccounts) throw missing(say`may not change accounts`, `GRANT CREATE USER ON *.* TO ${me};`)
  const lacking = work.find((each) => lacks(rights, each))
  if (lacking !== undefined) throw missing(say`may not grant ${lacking.what}`, grantFor(lacking, me))
}

/** What an administrator runs so that somebody else can. @param who as SQL writes the account */
export function grantFor({ privileges, role, proxy }: Difference, who: string): string {
  if (privileges !== undefined) {
    const list = privileges.list.filter((each) => each !== grantOption).join(', ') || 'USAGE'
    return `GRANT ${list} ON ${privileges.on} TO ${who} WITH GRANT OPTION;`
  }
  if (role !== undefined) return `GRANT ${role} TO ${who} WITH ADMIN OPTION; GRANT UPDATE ON mysql.* TO ${who};`
  if (proxy !== undefined) return `GRANT PROXY ON ${proxy} TO ${who} WITH GRANT OPTION;`
  return `GRANT CREATE USER ON *.* TO ${who};`
}

function lacks(rights: Rights, { privileges, role, clone }: Difference): boolean {
  if (role !== undefined) return clone === 'lacks' && rights.roles.get(role) !== true
  if (privileges === undefined) return false
  const held = new Set<string>()
  for (const [on, each] of rights.privileges) {
    if (on !== '*.*' && on !== privileges.on && mayReach(on, privileges.on)) for (const one of each) held.add(one)
    if (on === '*.*' || on === privileges.on) for (const one of each) held.add(one)
  }
  if (!held.has(grantOption)) return true
  if (held.has(allPrivileges) || privileges.list.includes(allPrivileges)) return false
  return privileges.list.some(
    (each) => each !== grantOption && !held.has(each.replace(/ \(.*$/s, '')) && !held.has(each),
  )
}

/** Whether what is granted on a database, or on a pattern of their names, counts for something else. */
function mayReach(on: string, target: string): boolean {
  if (!on.endsWith('.*')) return false
  const pattern = unquoted(on.slice(0, -2))
  const database = /^(?:[A-Z ]+ )?(`(?:[^`]|``)*`)\./.exec(target)?.[1]
  if (database === undefined) return false
  // A pattern is given the benefit of the doubt.
  if (/%|(?<!\\)_/.test(pattern)) return true
  return pattern.replaceAll('\\_', '_') === unquoted(database).replaceAll('\\_', '_')
}
