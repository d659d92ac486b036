import type { RotationContext } from './context.ts'
import { RotationError } from './errors.ts'
import { parseEvent, type RotationEvent, type Step } from './event.ts'
import { guard, versionWith } from './guard.ts'
import type { Redactor } from './redact.ts'
import type { Label, SecretStore } from './secret-store.ts'
import type { SecretType } from './secret-type.ts'
import { createSecret, finishSecret, type StepInput, setSecret, testSecret } from './steps.ts'
import { concealSecret, createVersionReader } from './version-reader.ts'

/** What surrounds one invocation. The composition root makes it; nothing in it outlives the invocation. */
export interface Surroundings {
  readonly store: SecretStore
  readonly redactor: Redactor
  readonly signal: AbortSignal
  remainingMs(): number
  did(what: string): void
}

/** What the log line and the metrics of the step are made of. */
export interface StepReport {
  readonly outcome: 'done' | 'already promoted'
  /**
   * Milliseconds from storing the new value to its promotion: nobody was without a working value for longer. Only for
   * types without overlap, and only from the run that promoted.
   */
  readonly gapMs?: number
}

/** What each step is sure to need. testSecret seldom looks at AWSCURRENT, and finishSecret at no value at all. */
const labelsRead = new Map<string, readonly Label[]>([
  ['createSecret', ['AWSPENDING', 'AWSCURRENT']],
  ['setSecret', ['AWSPENDING', 'AWSCURRENT']],
  ['testSecret', ['AWSPENDING']],
])

/**
 * Runs one step of a rotation.
 * @param event what Secrets Manager sent, not yet checked
 * @throws RotationError, and whatever a defect throws; neither is redacted yet
 */
export async function rotate<S>(type: SecretType<S>, event: unknown, around: Surroundings): Promise<StepReport> {
  const parsed = parseEvent(event)
  if (parsed.rotationToken !== undefined) around.redactor.add(parsed.rotationToken)
  const context = contextOf(parsed, around, type.sensitive)
  const reader = createVersionReader(type, parsed, around)

  // Everything the step will need is asked for at once; what the guard says is heard first.
  const describe = () => around.store.describe(parsed.secretId)
  const description = describe()
  reader.prefetch(labelsRead.get(parsed.step) ?? [])
  const verdict = await guard(parsed, await description, describe, around.signal)
  if (verdict.promoted) {
    // A hook that failed after the promotion would never run again if the step ended here.
    if (parsed.step === 'finishSecret') await type.finish?.(context)
    return { outcome: 'already promoted' }
  }
  reader.currentIs(versionWith(verdict.description.labels, 'AWSCURRENT'))
  return run(verdict.step, type, { event: parsed, context, reader, description: verdict.description, ...around })
}

async function run<S>(step: Step, type: SecretType<S>, input: StepInput<S>): Promise<StepReport> {
  if (step === 'createSecret') await createSecret(type, input)
  else if (step === 'setSecret') await setSecret(type, input)
  else if (step === 'testSecret') await testSecret(type, input)
  else return { outcome: 'done', ...(await finishSecret(type, input)) }
  return { outcome: 'done' }
}

function contextOf(event: RotationEvent, around: Surroundings, sensitive: readonly string[]): RotationContext {
  return {
    secretId: event.secretId,
    token: event.token,
    signal: around.signal,
    remainingMs: () => around.remainingMs(),
    conceal: (...values) => around.redactor.add(...values),
    did: (what) => around.did(what),
    async readSecret(arn) {
      const value = await around.store.read(arn, { label: 'AWSCURRENT' })
      if (value === undefined) throw new RotationError('SecretNotFound', `Secret ${arn} has no AWSCURRENT value.`)
      if (value.text === undefined) throw new RotationError('InvalidSecret', `Secret ${arn} is binary.`)
      concealSecret(value.text, sensitive, around.redactor)
      return value.text
    },
    async secretTags(arn) {
      return (await around.store.describe(arn)).tags
    },
  }
}
