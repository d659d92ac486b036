import { RotationError } from '../errors/rotation-error.ts'
import { ours, say } from '../errors/words.ts'
import type { RotationContext } from './context.ts'
import type { RotationEvent } from './event.ts'
import { versionWith } from './guard.ts'
import type { Redactor } from './redact.ts'
import type { SecretDescription, SecretStore } from './secret-store.ts'
import type { SecretType } from './secret-type.ts'
import { concealSecret, type VersionReader } from './version-reader.ts'

export interface StepInput<S> {
  readonly event: RotationEvent
  readonly context: RotationContext
  readonly reader: VersionReader<S>
  readonly description: SecretDescription
  readonly store: SecretStore
  readonly redactor: Redactor
}

/**
 * Stores a new value as AWSPENDING, once. A value that is stored already, by an earlier run or by another one at this
 * moment, is kept: somebody may have put it to use.
 */
export async function createSecret<S>(type: SecretType<S>, input: StepInput<S>): Promise<void> {
  const { event, context, reader, store, redactor } = input
  if ((await reader.stored()) !== undefined) {
    context.did(say`found the pending value stored by an earlier run`)
    return
  }
  const secret = await made(type, input)
  if (secret === undefined) return
  const text = type.serialize(secret)
  concealSecret(text, type, redactor)
  const labels = type.labels?.(secret) ?? []
  let stored: boolean
  try {
    const put = () => store.putPending(event.secretId, event.token, text, event.rotationToken, labels)
    stored = await (labels.length === 0 ? put() : untilItIsStored(put, context))
  } catch (error) {
    for (const label of labels) await keepWithoutPending(text, label, input)
    if (error instanceof RotationError && error.effect === 'none') await takeBack(type, secret, context)
    throw error
  }
  context.did(stored ? say`stored a new value as AWSPENDING` : foundStored)
  if (!stored && type.discard !== undefined && (await isAnother(text, reader))) await takeBack(type, secret, context)
}

/** A value that a provider gives only once is not dropped because Secrets Manager is slow for a moment. */
async function untilItIsStored(put: () => Promise<boolean>, context: RotationContext): Promise<boolean> {
  for (let pause = 250; ; pause = Math.min(pause * 2, 4_000)) {
    try {
      return await put()
    } catch (error) {
      const mayPass = error instanceof RotationError && error.retryable
      if (!mayPass || context.signal.aborted || context.remainingMs() < pause + 1_000) throw error
      await context.sleep(pause)
    }
  }
}

/**
 * Keeps a value that is given only once, where its rotation was dropped meanwhile and AWSPENDING is refused: under a label of
 * our own, which the next rotation takes up; but not where another run has moved that label on.
 */
async function keepWithoutPending<S>(text: string, label: string, input: StepInput<S>): Promise<void> {
  const { event, context, description, store } = input
  const own = versionWith(description.labels, label) ?? versionWith(description.labels, 'AWSCURRENT')
  try {
    const { labels } = await store.describe(event.secretId)
    const now = versionWith(labels, label)
    if (now !== undefined && now !== own) return
    await store.putAgain(event.secretId, { id: event.token, text }, label)
    context.did(say`kept what was made under ${ours(label)} alone`)
  } catch {
    // Why AWSPENDING was refused says more than why this was.
  }
}

const foundStored = say`found the pending value stored by another run`

/** @returns undefined where another run has stored a value while this one failed to have one minted */
async function made<S>(type: SecretType<S>, { context, reader }: StepInput<S>): Promise<S | undefined> {
  try {
    return await type.create(reader, context)
  } catch (error) {
    if (type.discard === undefined || !(await reader.isStored().catch(() => false))) throw error
    context.did(foundStored)
    return undefined
  }
}

/** A token that is taken may be taken by this very value: an emulator refuses that, too, where AWS does not. */
async function isAnother<S>(text: string, reader: VersionReader<S>): Promise<boolean> {
  const stored = await reader.storedText().catch(() => undefined)
  return stored !== undefined && stored !== text
}

/** The next rotation finds what cannot be taken back: that is no reason to fail, nor to hide the reason of a failure. */
async function takeBack<S>(type: SecretType<S>, secret: S, context: RotationContext): Promise<void> {
  if (type.discard === undefined) return
  try {
    await type.discard(secret, context)
    context.did(say`took back what was minted and not stored`)
  } catch (error) {
    const code = error instanceof RotationError ? error.code : 'Internal'
    context.did(say`could not take back what was minted and not stored (${ours(code)})`)
  }
}

/** Has the type make the pending value valid; does nothing, and reads nothing, for a type with nothing to set. */
export async function setSecret<S>(type: SecretType<S>, { context, reader }: StepInput<S>): Promise<void> {
  if (type.set === undefined) return
  const [pending] = await Promise.all([reader.pending(), reader.current()])
  await type.set({ ...reader, pending }, context)
}

/** Has the type prove that the pending value works. */
export async function testSecret<S>(type: SecretType<S>, { context, reader }: StepInput<S>): Promise<void> {
  await type.test({ ...reader, pending: await reader.pending() }, context)
}

/**
 * Promotes the pending version with exactly one call. AWSPENDING is left alone: Secrets Manager takes a removal for a
 * rotation that did not complete (user guide, "Lambda rotation functions", finishSecret).
 * @returns the gap in milliseconds, for types without overlap
 */
export async function finishSecret<S>(
  type: SecretType<S>,
  { event, context, description, store }: StepInput<S>,
): Promise<{ gapMs?: number }> {
  const { secretId, token } = event
  try {
    await store.promote(secretId, token, versionWith(description.labels, 'AWSCURRENT'))
    context.did(say`moved AWSCURRENT to the new version`)
  } catch (error) {
    if (!(error instanceof RotationError) || error.code !== 'VersionConflict') throw error
    // Two runs at once: the other one has moved the label between our look and our call.
    const { labels } = await store.describe(secretId)
    if (versionWith(labels, 'AWSCURRENT') !== token) throw error
    context.did(say`found AWSCURRENT moved by another run`)
  }
  const since = description.lastChanged
  return type.overlap || since === undefined ? {} : { gapMs: Math.max(0, context.now() - since.getTime()) }
}
