import { RotationError } from '../errors/rotation-error.ts'
import { joined, say } from '../errors/words.ts'
import { claim } from '../rotation/claim.ts'
import { fingerprint } from '../rotation/claim-label.ts'
import { patiently } from '../rotation/patience.ts'
import type { EarlierVersions, OwnLabels } from '../rotation/secret-type.ts'
import type { Answer } from './call.ts'
import type { Description } from './description.ts'
import { newMarker } from './marker.ts'
import { fieldsIn, minted } from './minted.ts'
import type { Run } from './run.ts'
import { type DescribedSecret, secretValues, withFields } from './secret.ts'
import { generated } from './values.ts'

/** A replacement is not begun with less, in milliseconds: its answer has to be stored. */
const leastMs = 13_000

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
    // If the provider refuses a list as well, the reason is another one: then there is nothing to add.
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

/**
 * Has the provider put a new credential in the place of the one before. Where it shows which one it has, what an earlier run has
 * had made and did not come to store is taken: to make another one would end the one before it, which may be what everybody uses.
 * For the same reason one run alone may ask, which claims AWSCURRENT's credential first.
 * @throws RotationError as a request and `claim` do
 */
async function replaced(
  rotate: NonNullable<Description['rotate']>,
  current: DescribedSecret,
  run: Run,
  own: OwnLabels<DescribedSecret>,
): Promise<DescribedSecret> {
  const { kind, context, provider } = run
  const { read } = provider.description
  const made = async (shown: Answer | undefined) => {
    const about = { repeatable: false, documents: { read: shown?.body } }
    return minted(await run.manage(rotate, say`make a ${kind.noun}`, about), rotate.outputs, current, run)
  }
  if (read === undefined) return made(undefined)
  let shown: Answer | undefined
  const unstored = async () => {
    shown = await run.manage(read, say`show the ${kind.noun} that it has`)
    const fields = fieldsIn(shown, read.outputs, run, say`shown its ${kind.noun}`)
    if (fields[kind.value] === current.value) return undefined
    context.did(say`found a ${kind.noun} that was made and not stored, and took it`)
    return withFields(current, fields, kind)
  }
  const found = await unstored()
  if (found !== undefined) return found
  const version = await own.version('AWSCURRENT')
  if (version === undefined) throw new Error('a secret without AWSCURRENT')
  let isSure = true
  const thing = {
    what: kind.noun,
    use: fingerprint(current.value ?? ''),
    version,
    leastMs,
    async mayBeUsedAgain() {
      isSure = false
      return true
    },
  }
  const claimed = await claim(thing, own, context, async () => new RotationError('Internal', say`no end of it`))
  if ('stored' in claimed) {
    context.did(say`found the ${kind.noun} that another run had made`)
    return claimed.stored
  }
  // A run that is over now may have had one made since it was looked.
  const late = isSure ? undefined : await unstored()
  if (late !== undefined) return late
  try {
    return await made(shown)
  } catch (error) {
    if (error instanceof RotationError && error.effect === 'none') await claimed.giveBack().catch(() => undefined)
    else {
      // The answer is lost. What the provider has now may be the new one; if it is not, the request may still be on its way.
      const lost = await unstored().catch(() => undefined)
      if (lost !== undefined) return lost
    }
    throw error
  }
}
