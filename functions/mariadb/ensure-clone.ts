import type { CloneNames, NextLogin } from '../../shared/database/engine.ts'
import { address } from '../../shared/database/secret.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import { countDefined } from '../../shared/mysql-family/definers.ts'
import { type Difference, describeDifferences, describeWork } from '../../shared/mysql-family/grant-differences.ts'
import { takeLock } from '../../shared/mysql-family/lock.ts'
import { accountName } from '../../shared/mysql-family/quoting.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import { makeEqual, setPasswords, workFor } from './clone-changes.ts'
import { checkAccounts, checkIsOurs } from './clone-checks.ts'
import { cloneDifferences, type OwnRights, pairsOf, readCloneState, readOwnRights } from './clone-state.ts'
import type { PasswordWriter } from './native-password.ts'
import { checkSuperuser } from './superuser-rights.ts'

/** What is granted first can bring to light what is to be revoked then; three rounds were the most that was ever seen. */
const mostRounds = 6

/**
 * As a superuser: makes the clone equal to the base, and then gives one of them a new password. Each statement leaves
 * something that the next run can go on from, and the password comes last: that it logs in proves that all was done.
 * @throws RotationError NotAClone, LoginLocked, MissingPrivilege and others, before anything is changed
 */
export async function ensureClone(
  connection: ServerConnection,
  names: CloneNames,
  next: NextLogin,
  previousPassword: () => Promise<string | undefined>,
  write: PasswordWriter,
  context: RotationContext,
): Promise<void> {
  const expression = write(next.password)
  await takeLock(connection, names.base, context)
  let state = await readCloneState(connection, names)
  checkAccounts(state, names, next)
  await checkIsOurs(state, names, next, previousPassword)
  for (const account of state.base.filter(({ passwords }) => passwords.length === 0))
    context.did(say`left ${accountName(account)} alone, which has no password`)
  const made: Difference[] = []
  for (let round = 1; ; round++) {
    const work = workFor(pairsOf(state), names, next.username, write)
    if (round === 1) {
      checkNothingIsLost(work, names, next.username)
      await checkSuperuser(connection, work)
    }
    if (work.length === 0) break
    if (round > mostRounds) {
      const what = describeDifferences(work, names.clone)
      throw new RotationError('PrivilegesDiffer', say`${names.clone} does not become equal to ${names.base}: ${what}.`)
    }
    for (const each of work) await makeEqual(connection, each, names)
    made.push(...work)
    state = await readCloneState(connection, names)
  }
  if (made.length > 0) context.did(say`made ${names.clone} equal to ${names.base} in: ${describeWork(made)}`)
  await setPasswords(connection, pairsOf(state), names, next, expression)
  await countDefined(connection, state.clone, names.clone, context)
}

/**
 * What the clone has beyond the base is out of date; but where the clone is the login in use, somebody may need it: it was
 * given to the name that stood in the secret, or taken from the other. Which of the two, only people know.
 */
function checkNothingIsLost(work: readonly Difference[], { base, clone }: CloneNames, username: string): void {
  const lost = work.filter((each) => each.clone === 'has' && (each.privileges ?? each.role ?? each.proxy) !== undefined)
  if (username === clone || lost.length === 0) return
  const statements = lost.slice(0, 5).map(({ statement }) => `${statement};`)
  throw new RotationError('PrivilegesDiffer', say`${clone} is in use, and ${describeDifferences(lost, clone)}.`, {
    likely: say`It was granted to the login that the secret named, or revoked from ${base} alone.`,
    remedy: say`GRANT it to ${base}, or ${statements.join(' ')} Then rotate again.`,
    // Only people know which of the two is right.
    retryable: false,
  })
}

/** A session that can be asked what its own account may do. */
interface OwnRightsReader extends AsyncDisposable {
  ownRights(): Promise<OwnRights>
}

/** As one of the two: reads what it may do and, as the other, what that one may do. @throws RotationError PrivilegesDiffer */
export async function checkClone(
  connection: ServerConnection,
  names: CloneNames,
  asOther: () => Promise<OwnRightsReader | undefined>,
): Promise<void> {
  await using other = await asOther()
  if (other === undefined) {
    throw new RotationError(
      'LoginRefused',
      say`${address(connection.login)} refuses the other of ${names.base} and ${names.clone}: their rights could not be compared.`,
    )
  }
  const [mine, others] = [await readOwnRights(connection), await other.ownRights()]
  const [base, clone] = mine.user === names.base ? [mine, others] : [others, mine]
  const differences = cloneDifferences(base, clone)
  if (differences.length === 0) return
  const what = describeDifferences(differences, names.clone)
  throw new RotationError('PrivilegesDiffer', say`${names.clone} and ${names.base} differ: ${what}.`)
}
