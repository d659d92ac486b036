import type { ErrorCode } from '../errors/catalogue.ts'
import { RotationError } from '../errors/rotation-error.ts'
import { say, type Words } from '../errors/words.ts'
import { type Claim, claimLabel, claimsIn, fingerprint, isSettled } from './claim-label.ts'
import { counted } from './claim-rate.ts'
import type { RotationContext } from './context.ts'
import { patiently } from './patience.ts'
import type { SecretDescription } from './secret-store.ts'
import type { OwnLabels, Version } from './secret-type.ts'

type Labels = SecretDescription['labels']

/** Something that can be used once, or once for each of several runs. */
export interface Claimable<S> {
  /** For errors: `refresh token`. */
  readonly what: Words
  /** Its fingerprint. */
  readonly use: string
  /** The version that holds it. */
  readonly version: Version<S>
  /** Least time that using it takes, in milliseconds: it is not begun with less. */
  readonly leastMs: number
  /**
   * Whether it may be used again, though a run may have used it, which is over now and has left nothing.
   * @param since when it may have been used for the first time. Throws where it is known that it may not
   */
  mayBeUsedAgain(since: number): Promise<boolean>
}

/** The right to use the thing, which no other run has; or the value that another run has stored under the same token. */
export type Claimed<S> = { readonly giveBack: () => Promise<void> } | { readonly stored: S }

/** So long a request of a run may be on its way when its time is over, and so much may the clocks of two machines differ. */
const aroundMs = 5_000

/**
 * Claims something before it is used up. First the claim is announced, then looked for those of others, then the claim that the
 * last one has left behind is taken away: AWS compares there, and one alone of several runs finds it.
 * A run that is not alone withdraws, and waits for the other's value until the other's time is over.
 * @throws RotationError ClaimedByAnotherRun, ClaimDisturbed (AWSPENDING is not on the event's version any more),
 *   ReauthorizationRequired, VersionConflict; nothing was used up
 */
export async function claim<S>(
  thing: Claimable<S>,
  own: OwnLabels<S>,
  context: RotationContext,
  ended: () => Promise<RotationError>,
): Promise<Claimed<S>> {
  const nonce = Buffer.from(context.randomBytes(4)).toString('hex')
  let labels = await own.labels()
  for (;;) {
    const others = claimsOn(thing.use, labels, context.token).filter((other) => other.nonce !== nonce)
    const isOver = others.every(({ until }) => context.now() > until + aroundMs)
    if (isOver) {
      const since = Math.min(context.now(), ...others.map((other) => other.since))
      if (others.length > 0 && !(await thing.mayBeUsedAgain(since))) throw await ended()
      const giveBack = await announced(thing, own, context, { nonce, since, labels })
      if (giveBack !== undefined) return { giveBack }
    }
    const stored = await own.storedNow()
    if (stored !== undefined) return { stored }
    await waitForOthers(thing, others, context)
    labels = await own.labelsNow()
    checkPending(labels, context.token)
  }
}

/** Claims that may have led to something, and have left nothing. */
function claimsOn(use: string, labels: Labels, token: string): Claim[] {
  return claimsIn(labels).filter((each) => each.use === use && !isSettled(each, labels, token))
}

/** @returns what gives it back; undefined where another run was there, too: then nothing is claimed */
async function announced<S>(
  thing: Claimable<S>,
  own: OwnLabels<S>,
  context: RotationContext,
  { nonce, since, labels }: { readonly nonce: string; readonly since: number; readonly labels: Labels },
): Promise<(() => Promise<void>) | undefined> {
  const { token, now, remainingMs } = context
  if (remainingMs() < thing.leastMs) {
    const what = say`Less than ${thing.leastMs / 1000} seconds are left, with which the request is not begun. Nothing was sent.`
    throw nothingUsed('TimedOut', what)
  }
  const before = claimsIn(labels)
    .filter((each) => each.nonce !== nonce)
    .sort((a, b) => (a.label < b.label ? -1 : 1))
  const used = before.flatMap((each) => [each.use, ...each.used])
  const earlier = before.map((each) => each.counts)
  const counts = counted(earlier, now())
  if (counts === undefined) {
    const what = say`The secret was rotated 96 times in a day, or 35 times in an hour. Nothing was sent.`
    throw nothingUsed('RotatedTooOften', what)
  }
  const about = { use: thing.use, token: fingerprint(token), since, until: now() + remainingMs(), nonce, counts, used }
  const mine = { ...about, label: claimLabel(about), version: thing.version.id }
  const withdraw = () => own.move(mine.label, { from: mine.version })
  await own.move(mine.label, { to: mine.version })
  const known = new Set([mine.label, ...before.map(({ label }) => label)])
  const others = (seen: Labels) => claimsOn(thing.use, seen, token).filter(({ label }) => !known.has(label))
  // A run that sees its own claim sees all earlier claims, too, however old the labels are that it reads: of two runs the later
  // one sees both claims. Where both see both, the run with the greater nonce withdraws, and the other one asks again until it has.
  const isClear = (seen: Labels) =>
    seen.get(mine.version)?.includes(mine.label) === true && others(seen).every((each) => each.nonce < nonce)
  const seen = await patiently(own.labelsNow, isClear, context)
  const isPending = seen.get(token)?.includes('AWSPENDING') === true
  const isAlone = isClear(seen) && others(seen).length === 0
  const [last, ...older] = before
  const won = isPending && isAlone && (last === undefined || (await own.move(last.label, { from: last.version })))
  if (won) {
    // The older claims remember nothing that this one does not.
    for (const each of older) await own.move(each.label, { from: each.version })
    return async () => {
      // The claim before remembers what was used up: it comes back first.
      if (last !== undefined) await own.move(last.label, { to: last.version })
      await withdraw()
    }
  }
  await withdraw()
  if (!isPending) checkPending(seen, token)
  return undefined
}

/** A second or three: two runs that have seen each other shall not do so again and again. */
async function waitForOthers<S>(
  thing: Claimable<S>,
  others: readonly Claim[],
  { remainingMs, sleep, randomBytes, signal, now }: RotationContext,
): Promise<void> {
  const [chance = 0] = randomBytes(1)
  const pause = 1_000 + chance * 8
  if (remainingMs() > thing.leastMs + pause && !signal.aborted) return sleep(pause)
  const until = Math.max(now(), ...others.map((other) => other.until + aroundMs))
  const rest = Math.ceil((until - now()) / 1000)
  const what = say`Another run has claimed the ${thing.what}, and is over in ${rest} seconds at the latest.`
  throw nothingUsed('ClaimedByAnotherRun', what)
}

function checkPending(labels: Labels, token: string): void {
  const held = labels.get(token) ?? []
  if (held.includes('AWSPENDING') || held.includes('AWSCURRENT')) return
  throw nothingUsed('ClaimDisturbed', say`AWSPENDING is not on version ${token} any more. Nothing was used up.`)
}

function nothingUsed(code: ErrorCode, what: Words): RotationError {
  return new RotationError(code, what, { effect: 'none' })
}
