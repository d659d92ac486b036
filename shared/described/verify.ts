import { RotationError } from '../errors/rotation-error.ts'
import { say } from '../errors/words.ts'
import { at } from '../http/pointer.ts'
import { textOrDigits } from '../json-secret.ts'
import { holds } from './call.ts'
import type { Description } from './description.ts'
import type { Kind } from './kind.ts'
import { markOf } from './marker.ts'
import { purposes, type Run } from './run.ts'
import type { DescribedSecret } from './secret.ts'
import { textOf } from './values.ts'

/** What the last word of the provider needs to be reported. */
const restMs = 3_000

/**
 * Proves with a request that changes nothing that the provider takes the key, and that it is the one that it should be. A key
 * that is not known yet is asked for again, for as long as the description says that it may take and the time allows.
 * @param isNew whether there is reason to wait
 * @throws RotationError KeyRefused, KeyUnclear or KeyMismatch; as a request does
 */
export async function verifyKey(pending: DescribedSecret, run: Run, isNew: () => Promise<boolean>): Promise<void> {
  const { verify, title } = run.provider.description
  const { context } = run
  const until = context.now() + verify.settleSeconds * 1000
  for (let pause = 500; ; pause = Math.min(pause * 2, 4_000)) {
    const { status, body } = await run.use(verify, purposes(run.kind).verify, pending)
    const isAlive = verify.alive.includes(status) && (verify.assert ?? []).every((assertion) => holds(assertion, body))
    if (isAlive && hasIdentity(body, verify)) return checkIdentity(body, pending, run)
    const isOver = context.now() + pause > until || context.remainingMs() < pause + restMs
    if (isOver || context.signal.aborted || !(await isNew())) throw notAlive(status, verify, title, run.kind)
    await context.sleep(pause)
  }
}

function notAlive(
  status: number,
  {
    dead,
    alive,
    settleSeconds,
  }: { readonly dead: readonly number[]; readonly alive: readonly number[]; readonly settleSeconds: number },
  title: string,
  { noun }: Kind,
): RotationError {
  if (dead.includes(status)) {
    const after = settleSeconds === 0 ? say`` : say` A new ${noun} may take ${settleSeconds} seconds to be known there.`
    return new RotationError('KeyRefused', say`${title} does not know the ${noun} (it answered ${status}).${after}`)
  }
  const what = alive.includes(status)
    ? say`answered ${status}, but not as it does to a ${noun} that works`
    : say`answered ${status}`
  return new RotationError(
    'KeyUnclear',
    say`${title} ${what}: that says neither that the ${noun} works nor that it does not.`,
  )
}

/** A page in HTML with a good status says nothing of a key. */
function hasIdentity(body: unknown, { identity }: Description['verify']): boolean {
  return identity === undefined || textOrDigits(at(body, identity.pointer)) !== undefined
}

function checkIdentity(
  body: unknown,
  pending: DescribedSecret,
  { provider: { description }, context, kind }: Run,
): void {
  const {
    title,
    verify: { identity },
  } = description
  if (identity === undefined) return
  const documents = { secret: pending.json, pending: pending.json }
  const wanted = textOf(identity.equals, { documents, marker: markOf(context.secretId), now: context.now() })
  if (textOrDigits(at(body, identity.pointer)) === wanted) return
  throw new RotationError(
    'KeyMismatch',
    say`The ${kind.noun} works at ${title}, but "${identity.pointer}" of the answer is not ${wanted}.`,
  )
}
