import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say, type Words } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import { changedIn, type Difference, nameOf, withoutOption } from '../../shared/mysql-family/differences.ts'
import {
  allPrivileges,
  grantOption,
  parseGrants,
  type Rights,
  unquoted,
  withGrantOption,
} from '../../shared/mysql-family/grants.ts'
import { granting, type Mend } from '../../shared/mysql-family/mend.ts'
import { accountName } from '../../shared/mysql-family/quoting.ts'

/**
 * Says beforehand, with the statement that mends it, what the server would refuse half-way. Only what is certain:
 * whatever else is missing the server says itself.
 * @throws RotationError MissingPrivilege
 */
export async function checkSuperuser(connection: ServerConnection, differences: readonly Difference[]): Promise<void> {
  const { account } = connection
  // Without FOR the rights of the session's roles are among them.
  const rights = parseGrants(await connection.show(say`reading the rights of ${account.user}`, 'SHOW GRANTS'))
  const missing = (what: Words, mend: Mend) =>
    new RotationError('MissingPrivilege', say`${account.user} ${what}.`, {
      remedy: say`As an administrator: ${mend(accountName(account), undefined)}`,
    })
  const mayChangeAccounts = ['*.*', '`mysql`.*'].some((on) =>
    [allPrivileges, 'CREATE USER', 'UPDATE'].some((each) => rights.privileges.get(on)?.has(each)),
  )
  if (!mayChangeAccounts) throw missing(say`may not change accounts`, changingAccounts)
  const lacking = differences.find((each) => lacks(rights, each))
  if (lacking !== undefined) throw missing(say`may not grant ${nameOf(lacking)}`, makingEqual(lacking))
}

/** What an administrator is to run where the superuser may not change accounts. */
export const changingAccounts = granting('CREATE USER ON *.*')

/** What an administrator is to run where the superuser may not make the two accounts equal in a difference. */
export function makingEqual(difference: Difference): Mend {
  const { kind } = difference
  if (kind === 'account' || kind === 'options') return changingAccounts
  if (kind === 'proxy') return granting(`PROXY ON ${difference.name}`, withGrantOption)
  if (kind === 'privileges')
    return granting(`${withoutOption(changedIn(difference))} ON ${difference.on}`, withGrantOption)
  return (me) => `GRANT ${difference.name} TO ${me} WITH ADMIN OPTION; GRANT UPDATE ON mysql.* TO ${me};`
}

function lacks(rights: Rights, difference: Difference): boolean {
  if (difference.kind === 'role' || difference.kind === 'default role')
    return difference.clone === 'lacks' && rights.roles.get(difference.name) !== true
  if (difference.kind !== 'privileges') return false
  const [{ on }, changed] = [difference, changedIn(difference)]
  const held = new Set<string>()
  for (const [where, each] of rights.privileges)
    if (where === '*.*' || where === on || mayReach(where, on)) for (const one of each) held.add(one)
  if (!held.has(grantOption)) return true
  if (held.has(allPrivileges) || changed.includes(allPrivileges)) return false
  return changed.some((each) => each !== grantOption && !held.has(each.replace(/ \(.*$/s, '')) && !held.has(each))
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
