import type { CloneNames } from '../../shared/database/engine.ts'
import { address } from '../../shared/database/secret.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { ServerConnection } from '../../shared/mysql-family/connection.ts'
import { describeDifferences } from '../../shared/mysql-family/differences.ts'
import { cloneDifferences } from './clone-differences.ts'
import { type OwnRights, readOwnRights } from './clone-state.ts'

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
