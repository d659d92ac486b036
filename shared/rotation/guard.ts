import { type ErrorDetails, RotationError } from '../errors/rotation-error.ts'
import { ours, say, type Words } from '../errors/words.ts'
import type { RotationContext } from './context.ts'
import { type RotationEvent, type Step, steps } from './event.ts'
import { patiently } from './patience.ts'
import type { SecretDescription } from './secret-store.ts'

/** That the step may run, or that it has nothing to do; whatever else is an error. */
export interface Verdict {
  /** Undefined where the version is promoted already: then there is nothing to do. */
  readonly step: Step | undefined
  readonly description: SecretDescription
}

/**
 * Decides whether the step may run, in the order and with the sentences of AWS's own functions: rotation enabled,
 * version known, already AWSCURRENT (nothing to do), AWSPENDING staged, step known.
 * @param describe is called more than once where the version, staged a moment ago, is not visible yet
 * @throws RotationError RotationNotEnabled, UnknownVersion, NotPending or InvalidStep
 */
export async function guard(
  event: RotationEvent,
  describe: () => Promise<SecretDescription>,
  context: Pick<RotationContext, 'sleep' | 'signal'>,
): Promise<Verdict> {
  const first = await describe()
  if (first.rotationEnabled === false) {
    const what = say`Secret ${event.secretId} is not enabled for rotation.`
    throw new RotationError('RotationNotEnabled', what, leftPending(event, first))
  }
  const staged = ({ labels }: SecretDescription) =>
    labels.get(event.token)?.some((label) => label === 'AWSCURRENT' || label === 'AWSPENDING') === true
  const seen = staged(first) ? first : await patiently(describe, staged, context)
  const labels = seen.labels.get(event.token)
  if (labels === undefined) {
    const what = say`Secret version ${event.token} has no stage for rotation of secret ${event.secretId}.`
    throw new RotationError('UnknownVersion', say`${what}${pendingNow(seen)}`)
  }
  if (labels.includes('AWSCURRENT')) return { step: undefined, description: seen }
  if (!labels.includes('AWSPENDING')) {
    const what = say`Secret version ${event.token} not set as AWSPENDING for rotation of secret ${event.secretId}.`
    throw new RotationError('NotPending', say`${what}${pendingNow(seen)}`)
  }
  return { step: stepOf(event), description: seen }
}

/**
 * A rotation that was cancelled leaves AWSPENDING where it is, and rotate-secret refuses a secret for as long as another
 * version than AWSCURRENT has it (API reference, CancelRotateSecret and RotateSecret).
 */
function leftPending({ secretId }: RotationEvent, { labels }: SecretDescription): ErrorDetails {
  const [pending, current] = [versionWith(labels, 'AWSPENDING'), versionWith(labels, 'AWSCURRENT')]
  if (pending === undefined || current === undefined || pending === current) return {}
  const stage = say`aws secretsmanager update-secret-version-stage --secret-id ${secretId} --version-stage`
  const off = say`"${stage} AWSPENDING --remove-from-version-id ${ours(pending)}"`
  const on = say`"${stage} AWSCURRENT --move-to-version-id ${ours(pending)} --remove-from-version-id ${ours(current)}"`
  return {
    remedy: say`rotate-secret refuses the secret while AWSPENDING is on version ${ours(pending)}. Where AWSCURRENT works, take AWSPENDING off: ${off}. Where it does not, setSecret was done, and AWSPENDING works: move AWSCURRENT there: ${on}. Then configure rotation with rotate-secret and this function.`,
  }
}

function pendingNow({ labels }: SecretDescription): Words {
  const pending = versionWith(labels, 'AWSPENDING')
  return pending === undefined ? say` No version is pending.` : say` Version ${ours(pending)} is pending now.`
}

function stepOf(event: RotationEvent): Step {
  const step = steps.find((known) => known === event.step)
  if (step !== undefined) return step
  // Which one a misspelt one was probably meant to be.
  const plain = event.step.toLowerCase().replaceAll(/[^a-z]/g, '')
  const similar = steps.find((known) => known.toLowerCase() === plain)
  const meant = similar === undefined ? ours('') : say` "${event.step}" is spelt "${ours(similar)}".`
  throw new RotationError(
    'InvalidStep',
    say`Invalid step parameter ${event.step} for secret ${event.secretId}.${meant}`,
  )
}

/** The id of the version that carries a label, if one does. */
export function versionWith(labels: SecretDescription['labels'], label: string): string | undefined {
  return [...labels].find(([, held]) => held.includes(label))?.[0]
}
