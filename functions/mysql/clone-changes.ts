import type { CloneChange, CloneNames } from '../../shared/database/engine.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { connect, type ServerConnection } from '../../shared/mysql-family/connection.ts'
import { type Difference, statementOf } from '../../shared/mysql-family/differences.ts'
import { type Account, accountName, literal } from '../../shared/mysql-family/quoting.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import type { CloneState } from './clone-state.ts'
import { isHashOf } from './password-hash.ts'
import { changingAccounts } from './superuser-rights.ts'

/** Makes the two equal in one thing; repeating it is harmless. */
export async function carryOut(
  connection: ServerConnection,
  difference: Difference,
  { base, clone }: CloneNames,
): Promise<void> {
  const statement = statementOf(difference)
  // An administrator can run it, too, where there is no password in it.
  const mend = changingAccounts(difference.kind === 'account' ? undefined : () => `${statement};`)
  await connection.change(say`making ${clone} the clone of ${base}`, statement, mend)
}

/** All accounts of the name at once; none that an earlier run has set already, which PASSWORD HISTORY would refuse. */
export async function setPasswords(
  connection: ServerConnection,
  { bases, clones }: CloneState,
  { clone, username, password }: CloneChange,
): Promise<void> {
  const members = [...(username === clone ? clones : bases).values()]
  for (const account of members.filter(({ second }) => second.length > 0)) {
    const discard = `ALTER USER ${accountName(account)} DISCARD OLD PASSWORD`
    const doing = say`discarding the second password of ${username}`
    await connection.change(doing, discard, changingAccounts())
  }
  const plugin = ({ host }: Account) => bases.get(host)?.plugin ?? ''
  const clauses = members
    .filter((member) => member.plugin !== plugin(member) || !isHashOf(password, member.plugin, member.first))
    .map((member) => `${accountName(member)} IDENTIFIED WITH ${literal(plugin(member))} BY ${literal(password)}`)
  if (clauses.length === 0) return
  const [doing, alter] = [say`changing the password of ${username}`, `ALTER USER ${clauses.join(', ')}`]
  await connection.change(doing, alter, changingAccounts())
}

/** What a login that is somebody else's account ends in. */
const notLetIn: readonly string[] = ['LoginRefused', 'LoginLocked', 'LoginExpired', 'LoginMethod']

/** Of accounts of one name the server takes the one for the nearest host: for the function that may be somebody else's. */
export async function checkNotHidden(
  { login }: ServerConnection,
  others: readonly Account[],
  { username, password }: CloneChange,
  context: RotationContext,
): Promise<void> {
  try {
    const session = await connect({ ...login, username, password, database: undefined }, context)
    await session.close()
  } catch (error) {
    if (!(error instanceof RotationError) || !notLetIn.includes(error.code)) throw error
    const names = others.slice(0, 5).map(accountName).join(' or ')
    throw new RotationError(error.code, error.what, {
      likely: say`For the function's address the server takes ${names}, which has another password than the secret, or none.`,
      remedy: say`If applications log in by it: give it the password in AWSPREVIOUS, and it is rotated, too. Else rename or drop it. Then rotate again.`,
      cause: error.cause,
    })
  }
}
