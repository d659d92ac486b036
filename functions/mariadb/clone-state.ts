import { createHash } from 'node:crypto'
import type { CloneNames } from '../../shared/database/engine.ts'
import { say } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import { parseGrants, type Rights } from '../../shared/mysql-family/grants.ts'
import { readingAccounts } from '../../shared/mysql-family/mend.ts'
import { nativeHash } from '../../shared/mysql-family/native-hash.ts'
import { accountName } from '../../shared/mysql-family/quoting.ts'
import { type AccountState, readAccounts, readOwnAccount } from './accounts.ts'

/** An account with what was granted to it. */
export interface RightsState extends AccountState {
  readonly rights: Rights
}

/** The accounts of both logins. A login may have several, for different hosts; each has a counterpart for its host. */
export interface CloneState {
  readonly base: readonly RightsState[]
  readonly clone: readonly RightsState[]
  readonly pairs: readonly Pair[]
}

/** An account of the base that has a password, and the clone's account for the same host. */
export interface Pair {
  readonly base: RightsState
  readonly clone: RightsState | undefined
}

/** What a session may know of itself. */
export type OwnRights = Pick<RightsState, 'user' | 'host' | 'rights' | 'options'>

/** As a superuser. @throws RotationError MissingPrivilege */
export async function readCloneState(connection: ServerConnection, names: CloneNames): Promise<CloneState> {
  const states: RightsState[] = []
  for (const account of await readAccounts(connection, [names.base, names.clone])) {
    const [doing, show] = [say`reading the rights of ${account.user}`, `SHOW GRANTS FOR ${accountName(account)}`]
    const shown = await connection.show(doing, show, readingAccounts)
    states.push({ ...account, rights: parseGrants(shown, account) })
  }
  const of = (name: string) => states.filter(({ user }) => user === name)
  const [base, clone] = [of(names.base), of(names.clone)]
  const pairs = base
    .filter(({ passwords }) => passwords.length > 0)
    .map((account) => ({ base: account, clone: clone.find(({ host }) => host === account.host) }))
  return { base, clone, pairs }
}

export async function readOwnRights(connection: ServerConnection): Promise<OwnRights> {
  const { user, host, options } = await readOwnAccount(connection)
  const shown = await connection.show(say`reading the rights of ${user}`, 'SHOW GRANTS FOR CURRENT_USER()')
  return { user, host, options, rights: parseGrants(shown, { user, host }) }
}

/**
 * The password of the clone's account while it is being made, and is locked: a later run knows it by that, under whatever
 * token. It follows from the base's, so that it is another one each time: password_reuse_check takes none twice.
 */
export function unfinishedPassword({ user, passwords }: Pick<AccountState, 'user' | 'passwords'>): string {
  const digest = createHash('sha256').update(`${user}\0${passwords[0]}`).digest('base64url')
  return `Keyturn-unfinished-1-${digest.slice(0, 20)}`
}

/** Whether an earlier run has made the clone's account and was ended before it could give it a password. */
export function isUnfinished({ base, clone }: Pair): boolean {
  return clone?.options.locked === true && clone.passwords.join() === nativeHash(unfinishedPassword(base))
}
