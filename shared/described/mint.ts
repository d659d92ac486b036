import type { EarlierVersions } from '../rotation/secret-type.ts'
import { expectAnswer } from './call.ts'
import { newMarker } from './marker.ts'
import { minted } from './minted.ts'
import { replaced } from './replace.ts'
import { purposes, type Run } from './run.ts'
import { type DescribedSecret, secretValues, withFields } from './secret.ts'
import { generated } from './values.ts'

/**
 * Has the provider make a key, or makes one where the provider takes what it is given.
 * @param makeRoom called where the provider says that there is such a key already
 * @throws RotationError as a request does
 */
export async function newKey(
  current: DescribedSecret,
  run: Run,
  versions: Pick<EarlierVersions<DescribedSecret>, 'own'>,
  makeRoom: () => Promise<unknown>,
): Promise<DescribedSecret> {
  const { create, rotate, generate } = run.provider.description
  if (generate !== undefined) {
    const fields = generated(generate, newMarker(run.context), run.context)
    run.context.conceal(...secretValues(fields, run.kind))
    return withFields(current, fields, run.kind)
  }
  if (rotate !== undefined) {
    return replaced(current, run, versions)
  }
  if (create === undefined) throw new Error('a description without a way to a new key')
  const { make } = purposes(run.kind)
  const once = () => run.manage(create, make, { marker: newMarker(run.context), repeatable: false })
  let answer = await once()
  if (create.conflict?.includes(answer.status)) {
    await makeRoom()
    answer = await once()
  }
  expectAnswer(answer, create, { purpose: make }, run.provider)
  return minted(answer, create.outputs, current, run)
}
