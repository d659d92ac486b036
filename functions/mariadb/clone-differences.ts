import type { CloneChange } from '../../shared/database/engine.ts'
import { optionDifferences } from '../../shared/mysql-family/account-options.ts'
import type { Difference } from '../../shared/mysql-family/differences.ts'
import { grantDifferences } from '../../shared/mysql-family/grant-differences.ts'
import { parseGrants } from '../../shared/mysql-family/grants.ts'
import { type Account, accountName } from '../../shared/mysql-family/quoting.ts'
import { type OwnRights, type Pair, unfinishedPassword } from './clone-state.ts'
import { nativePlugin, type PasswordWriter } from './native-password.ts'
import { parsePriv, storedOptions } from './stored-account.ts'

/**
 * What makes the accounts of the clone equal to those of the base. Accounts that are missing are made only while the clone
 * is not in use: one for a nearer host would stand in its way.
 */
export function differencesOf(pairs: readonly Pair[], change: CloneChange, write: PasswordWriter): Difference[] {
  return pairs.flatMap(({ base, clone }): Difference[] => {
    if (clone !== undefined) return cloneDifferences(base, clone)
    if (change.username !== change.clone) return []
    const account = { user: change.clone, host: base.host }
    const identified = `IDENTIFIED VIA ${nativePlugin} USING ${write(unfinishedPassword(base))} ACCOUNT LOCK`
    const missing: Difference = { kind: 'account', to: accountName(account), clone: 'lacks', identified }
    return [missing, ...cloneDifferences(base, newAccount(account))]
  })
}

/** In what the clone's account has not the rights and options of the base's. Locking is left out: see clone.ts. */
export function cloneDifferences(base: Pick<OwnRights, 'rights' | 'options'>, clone: OwnRights): Difference[] {
  const to = accountName(clone)
  return [...optionDifferences(base.options, clone.options, to), ...grantDifferences(base.rights, clone.rights, to)]
}

/** What CREATE USER gives without being asked. */
function newAccount({ user, host }: Account): OwnRights {
  return { user, host, options: storedOptions(parsePriv('{}')), rights: parseGrants([]) }
}
