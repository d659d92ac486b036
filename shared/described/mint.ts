import { RotationError } from '../errors/rotation-error.ts'
import { joined, say } from '../errors/words.ts'
import { patiently } from '../rotation/patience.ts'
import type { EarlierVersions } from '../rotation/secret-type.ts'
import { newMarker } from './marker.ts'
import { minted } from './minted.ts'
import { replaced } from './replace.ts'
import type { Run } from './run.ts'
import { type DescribedSecret, secretValues, withFields } from './secret.ts'
import { generated } from './values.ts'

/** Takes away what may go, and gives the ids of those that were left, since a run may be about to store them. */
type MakeRoom = () => Promise<readonly string[]>

/**
 * Has the provider make a key, or makes one where the provider takes what it is given. A provider that refuses may have no place
 * for another one, and it may be another run of this step that has taken the last: what that is about to store is waited for.
 * @throws RotationError as a request does; a refusal names what was left, and that a later attempt deletes it
 */
export async function newKey(
  current: DescribedSecret,
  run: Run,
  { own, isStored }: Pick<EarlierVersions<DescribedSecret>, 'own' | 'isStored'>,
  makeRoom: MakeRoom,
): Promise<DescribedSecret> {
  const { rotate, generate } = run.provider.description
  const { kind, context } = run
  if (generate !== undefined) {
    const fields = generated(generate, newMarker(context), context)
    context.conceal(...secretValues(fields, kind))
    return withFields(current, fields, kind)
  }
  try {
    return await (rotate === undefined ? created(current, run, makeRoom) : replaced(rotate, current, run, own))
  } catch (error) {
    if (!(error instanceof RotationError) || error.code !== 'ProviderRefused' || error.effect !== 'none') throw error
    // Why it has refused, it may say to a list, too: then there is nothing to add.
    const young = await makeRoom().catch(() => [])
    if (young.length === 0) throw error
    // The caller looks for a stored value as well, and finds it.
    await patiently(isStored, (stored) => stored, context)
    throw new RotationError('ProviderRefused', error.what, {
      likely: say`There may be no place for another ${kind.noun}: one was made a moment ago that no version has (${joined(young)}).`,
      remedy: say`Nothing, if a later attempt succeeds: one that begins one timeout of the function later deletes a ${kind.noun} that was never stored. Else try the same request by hand with what manages the others.`,
      retryable: true,
      effect: error.effect,
      cause: error.cause,
    })
  }
}

/** @param makeRoom called where the provider says that there is such a key already, too */
async function created(current: DescribedSecret, run: Run, makeRoom: MakeRoom): Promise<DescribedSecret> {
  const { create } = run.provider.description
  if (create === undefined) throw new Error('a description without a way to a new key')
  const once = (known: readonly number[]) =>
    run.manage(create, say`make a ${run.kind.noun}`, { marker: newMarker(run.context), repeatable: false, known })
  const conflict = create.conflict ?? []
  let answer = await once(conflict)
  if (conflict.includes(answer.status)) {
    await makeRoom()
    answer = await once([])
  }
  return minted(answer, create.outputs, current, run)
}
