import { RotationError } from '../errors/rotation-error.ts'
import { joined, say } from '../errors/words.ts'
import { patiently } from '../rotation/patience.ts'
import type { EarlierVersions } from '../rotation/secret-type.ts'
import type { Run } from './run.ts'

/**
 * Makes a credential where there may be few: a provider that refuses may have no place for another one, and it may be another
 * run of this step that has taken the last. What that is about to store is waited for.
 * @param makeRoom gives the ids of those that were left, since a run may be about to store them
 * @throws RotationError as `make` does; a refusal names what was left, and that a later attempt deletes it
 */
export async function whereThereIsRoom<T>(
  make: () => Promise<T>,
  makeRoom: () => Promise<readonly string[]>,
  { isStored }: Pick<EarlierVersions<unknown>, 'isStored'>,
  { context, kind: { noun } }: Pick<Run, 'context' | 'kind'>,
): Promise<T> {
  try {
    return await make()
  } catch (error) {
    if (!(error instanceof RotationError) || error.code !== 'ProviderRefused' || error.effect !== 'none') throw error
    // Why it has refused, it may say to a list, too: then there is nothing to add.
    const young = await makeRoom().catch(() => [])
    if (young.length === 0) throw error
    // The caller looks for a stored value as well, and finds it.
    await patiently(isStored, (stored) => stored, context)
    throw new RotationError('ProviderRefused', error.what, {
      likely: say`There may be no place for another ${noun}: one was made a moment ago that no version has (${joined(young)}).`,
      remedy: say`Nothing, if a later attempt succeeds: one that begins one timeout of the function later deletes a ${noun} that was never stored. Else try the same request by hand with what manages the others.`,
      retryable: true,
      effect: error.effect,
      cause: error.cause,
    })
  }
}
