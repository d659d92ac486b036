import { RotationError } from '../errors/rotation-error.ts'
import { say } from '../errors/words.ts'
import { claim } from '../rotation/claim.ts'
import { fingerprint } from '../rotation/claim-label.ts'
import type { EarlierVersions } from '../rotation/secret-type.ts'
import type { Answer } from './call.ts'
import type { Description } from './description.ts'
import { fieldsIn, minted } from './minted.ts'
import { purposes, type Run } from './run.ts'
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
  current: DescribedSecret,
  run: Run,
  { own }: Pick<EarlierVersions<DescribedSecret>, 'own'>,
): Promise<DescribedSecret> {
  const { rotate, read } = run.provider.description
  if (rotate === undefined) throw new Error('a description without a way to replace')
  if (read === undefined) return made(rotate, current, run, undefined)
  let shown = await run.manageWell(read, purposes(run.kind).read)
  const found = unstored(shown, read, current, run)
  if (found !== undefined) return found
  const version = await own.version('AWSCURRENT')
  if (version === undefined) throw new Error('a secret without AWSCURRENT')
  let isSure = true
  const thing = {
    what: run.kind.noun,
    use: fingerprint(current.value ?? ''),
    version,
    leastMs,
    async mayBeUsedAgain() {
      isSure = false
      return true
    },
  }
  const claimed = await claim(thing, own, run.context, async () => new RotationError('Internal', say`no end of it`))
  if ('stored' in claimed) {
    run.context.did(say`found the ${run.kind.noun} that another run had made`)
    return claimed.stored
  }
  // A run that is over now may have had one made since it was looked.
  if (!isSure) shown = await run.manageWell(read, purposes(run.kind).read)
  const late = isSure ? undefined : unstored(shown, read, current, run)
  if (late !== undefined) return late
  try {
    return await made(rotate, current, run, shown)
  } catch (error) {
    if (error instanceof RotationError && error.effect === 'none') await claimed.giveBack().catch(() => undefined)
    else {
      // The answer is lost. What the provider has now may be the new one; if it is not, the request may still be on its way.
      const look = await run.manageWell(read, purposes(run.kind).read).catch(() => undefined)
      const lost = look === undefined ? undefined : unstored(look, read, current, run)
      if (lost !== undefined) return lost
    }
    throw error
  }
}

async function made(
  rotate: NonNullable<Description['rotate']>,
  current: DescribedSecret,
  run: Run,
  shown: Answer | undefined,
): Promise<DescribedSecret> {
  const about = { repeatable: false, documents: { read: shown?.body } }
  return minted(await run.manageWell(rotate, purposes(run.kind).make, about), rotate.outputs, current, run)
}

function unstored(
  shown: Answer,
  { outputs }: NonNullable<Description['read']>,
  current: DescribedSecret,
  run: Run,
): DescribedSecret | undefined {
  const fields = fieldsIn(shown, outputs, run, say`shown its ${run.kind.noun}`)
  if (fields[run.kind.value] === current.value) return undefined
  run.context.did(say`found a ${run.kind.noun} that was made and not stored, and took it`)
  return withFields(current, fields, run.kind)
}
