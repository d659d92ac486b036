import { RotationError } from '../errors/rotation-error.ts'
import { say } from '../errors/words.ts'
import { claim } from '../rotation/claim.ts'
import { fingerprint } from '../rotation/claim-label.ts'
import type { OwnLabels } from '../rotation/secret-type.ts'
import type { Answer } from './call.ts'
import type { Description } from './description.ts'
import { fieldsIn, minted } from './minted.ts'
import type { Run } from './run.ts'
import { type DescribedSecret, withFields } from './secret.ts'

/** The request is not begun with less, in milliseconds: its answer has to be stored. */
const leastMs = 13_000

/**
 * Has the provider put a new credential in the place of the one before. Where it shows which one it has, what an earlier run has
 * had made and did not come to store is taken: to make another one would end the one before it, which may be what everybody uses.
 * For the same reason one run alone may ask, which claims AWSCURRENT's credential first.
 * @throws RotationError as a request and `claim` do
 */
export async function replaced(
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
