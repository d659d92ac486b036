import { RotationError } from '../errors/rotation-error.ts'
import { say } from '../errors/words.ts'
import { at } from '../http/pointer.ts'
import { textOrDigits } from '../json-secret.ts'
import { holds } from './call.ts'
import type { Run } from './run.ts'
import type { DescribedSecret } from './secret.ts'
import { textOf } from './values.ts'

/** The time that is kept for reporting what the provider has said last. */
const restMs = 3_000

/**
 * Proves with a request that changes nothing that the provider takes the key, and that it is the one that it should be. A key
 * that is not known yet is asked for again, for as long as the description says that it may take and the time allows.
 * @param isNew whether there is reason to wait
 * @throws RotationError KeyRefused, KeyUnclear or KeyMismatch; as a request does
 */
export async function verifyKey(pending: DescribedSecret, run: Run, isNew: () => Promise<boolean>): Promise<void> {
  const { context, provider } = run
  const { verify } = provider.description
  const until = context.now() + verify.settleSeconds * 1000
  for (let pause = 500; ; pause = Math.min(pause * 2, 4_000)) {
    const { status, body } = await run.verify(pending)
    const isAlive = verify.alive.includes(status) && (verify.assert ?? []).every((assertion) => holds(assertion, body))
    const whose = verify.identity && textOrDigits(at(body, verify.identity.pointer))
    // A page in HTML with a good status says nothing of a key.
    if (isAlive && (verify.identity === undefined || whose !== undefined)) return checkIdentity(whose, pending, run)
    const isOver = context.now() + pause > until || context.remainingMs() < pause + restMs
    if (isOver || context.signal.aborted || !(await isNew())) throw notAlive(status, run)
    await context.sleep(pause)
  }
}

function notAlive(status: number, { provider: { description }, kind: { noun } }: Run): RotationError {
  const { title, verify } = description
  if (verify.dead.includes(status)) {
    const seconds = verify.settleSeconds
    const after = seconds === 0 ? say`` : say` A new ${noun} may take ${seconds} seconds to be known there.`
    return new RotationError('KeyRefused', say`${title} does not know the ${noun} (it answered ${status}).${after}`)
  }
  const isGood = verify.alive.includes(status)
  const what = say`${title} answered ${status}${isGood ? say`, but not as it does to a ${noun} that works` : say``}`
  return new RotationError('KeyUnclear', say`${what}: that says neither that the ${noun} works nor that it does not.`)
}

function checkIdentity(whose: string | undefined, pending: DescribedSecret, run: Run): void {
  const { title, verify } = run.provider.description
  if (verify.identity === undefined) return
  const { pointer, equals } = verify.identity
  const wanted = textOf(equals, run.pendingSources(pending))
  if (whose === wanted) return
  throw new RotationError(
    'KeyMismatch',
    say`The ${run.kind.noun} works at ${title}, but "${pointer}" of the answer is not ${wanted}.`,
  )
}
