import type { TwinNames } from '../../shared/database/engine.ts'
import { parseAccountOptions, type ShownAccount } from '../../shared/mysql-protocol/account-options.ts'
import type { ServerConnection } from '../../shared/mysql-protocol/connection.ts'
import { parseGrants, type Rights } from '../../shared/mysql-protocol/grants.ts'
import { explained } from '../../shared/mysql-protocol/privileges.ts'
import { type Account, accountName, identifier } from '../../shared/mysql-protocol/quoting.ts'
import { shownTexts } from '../../shared/mysql-protocol/shown-texts.ts'
import { hasPassword, keepsPassword, type StoredAccount, storedAccounts } from './accounts.ts'

/** One account of the pair, with all that makes it equal to another one. */
export interface Member extends StoredAccount {
  readonly options: ShownAccount
  /** What was granted to it directly. */
  readonly rights: Rights
}

/** The accounts of both names that log in by a password, by host. */
export interface Pair {
  readonly bases: ReadonlyMap<string, Member>
  readonly twins: ReadonlyMap<string, Member>
  /** Accounts of the base's name that are not this secret's: they have another password, or none. */
  readonly others: readonly Account[]
}

/** @throws RotationError MissingPrivilege with the GRANT that allows reading what there is to compare */
export async function readPair(connection: ServerConnection, { base, twin }: TwinNames): Promise<Pair> {
  const pair = { bases: new Map<string, Member>(), twins: new Map<string, Member>(), others: [] as Account[] }
  for (const account of await storedAccounts(connection, [base, twin])) {
    const isTwin = account.user === twin
    if (!isTwin && !keepsPassword(account)) pair.others.push(account)
    else (isTwin ? pair.twins : pair.bases).set(account.host, await readMember(connection, account))
  }
  return pair
}

/**
 * Leaves out the accounts of the base's name that are somebody else's: one name may be used by several people, from
 * different hosts. Where the base is in use, its accounts are this secret's that have its password; else those whose twin
 * has, and of those that came without a twin since (for a new network), those that have what the base's password was.
 */
export async function ofTheSecret(
  pair: Pair,
  names: TwinNames,
  next: { readonly username: string; readonly password: string; readonly current: string },
  previousPassword: () => Promise<string | undefined>,
): Promise<Pair> {
  const inUse = next.username === names.twin ? pair.bases : pair.twins
  // The only account of the name is the one that has just logged in: hashing for that takes its time.
  const isInUse = (account: StoredAccount) => inUse.size === 1 || hasPassword(account, next.current)
  async function isOwn(base: Member): Promise<boolean> {
    const account = inUse.get(base.host)
    if (account !== undefined) return isInUse(account)
    if (hasPassword(base, next.password)) return true
    const previous = await previousPassword()
    return previous !== undefined && hasPassword(base, previous)
  }
  const own = new Map<string, Member>()
  for (const base of pair.bases.values()) if (await isOwn(base)) own.set(base.host, base)
  const strange = [...pair.bases.values()].filter(({ host }) => !own.has(host))
  return { ...pair, bases: own, others: [...pair.others, ...strange] }
}

async function readMember(connection: ServerConnection, account: StoredAccount): Promise<Member> {
  const name = accountName(account)
  const texts = async (statement: string) => {
    const reading = connection.run(`reading the rights of ${name}`, statement)
    return shownTexts(await explained(reading, `GRANT SELECT ON mysql.* TO ${accountName(connection.account)};`))
  }
  return {
    ...account,
    options: parseAccountOptions(await texts(`SHOW CREATE USER ${name}`)),
    rights: parseGrants(await texts(`SHOW GRANTS FOR ${name}`), account),
  }
}

/** How SHOW GRANTS, SHOW CREATE USER and CURRENT_ROLE() write the account where it is a role. */
export function roleName({ user, host }: Account): string {
  return `${identifier(user)}@${identifier(host)}`
}
