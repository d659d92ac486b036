import { RotationError } from '../errors/rotation-error.ts'
import { say } from '../errors/words.ts'
import type { RotationContext } from './context.ts'
import { parseEvent, type RotationEvent, type Step } from './event.ts'
import { guard } from './guard.ts'
import type { Redactor } from './redact.ts'
import type { Label, SecretForm, SecretStore } from './secret-store.ts'
import type { SecretType } from './secret-type.ts'
import { createSecret, finishSecret, type StepInput, setSecret, testSecret } from './steps.ts'
import { concealSecret, createVersionReader } from './version-reader.ts'

/** What surrounds one invocation. The composition root makes it; nothing in it outlives the invocation. */
export interface Surroundings
  extends Pick<RotationContext, 'signal' | 'remainingMs' | 'now' | 'sleep' | 'randomBytes' | 'did' | 'count'> {
  readonly store: SecretStore
  readonly redactor: Redactor
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

/**
 * Runs one step of a rotation.
 * @param event what Secrets Manager sent, not yet checked
 * @throws RotationError, and whatever a defect throws; neither is redacted yet
 */
export async function rotate<S>(type: SecretType<S>, event: unknown, around: Surroundings): Promise<StepReport> {
  const parsed = parseEvent(event)
  if (parsed.rotationToken !== undefined) around.redactor.add(parsed.rotationToken)
  const context = contextOf(parsed, around)
  // Everything the step will need is asked for at once; what the guard says is heard first.
  const verdict = guard(parsed, () => around.store.describe(parsed.secretId), around)
  const reader = createVersionReader(type, parsed, around, async () => (await verdict).description)
  reader.prefetch(labelsRead(parsed.step, type))
  const { step, description } = await verdict
  if (step === undefined) return { outcome: 'already promoted' }
  return run(step, type, { ...around, event: parsed, context, reader, description })
}

/** What a step is sure to need. testSecret seldom looks at AWSCURRENT, and finishSecret at no value at all. */
function labelsRead(step: string, { set }: Pick<SecretType<unknown>, 'set'>): readonly Label[] {
  if (step === 'createSecret' || (step === 'setSecret' && set !== undefined)) return ['AWSPENDING', 'AWSCURRENT']
  return step === 'testSecret' ? ['AWSPENDING'] : []
}

async function run<S>(step: Step, type: SecretType<S>, input: StepInput<S>): Promise<StepReport> {
  if (step === 'createSecret') await createSecret(type, input)
  else if (step === 'setSecret') await setSecret(type, input)
  else if (step === 'testSecret') await testSecret(type, input)
  else return { outcome: 'done', ...(await finishSecret(type, input)) }
  return { outcome: 'done' }
}

/** So much may the clocks of two machines differ. */
const aroundMs = 30_000

const arnOfSecret = /^arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]+$/

/** What a secret type is given, for a rotation and for a probe. */
export function contextOf(
  { secretId, token }: Pick<RotationEvent, 'secretId' | 'token'>,
  { store, redactor, ...around }: Surroundings,
): RotationContext {
  const runMs = around.remainingMs()
  return {
    ...around,
    secretId,
    token,
    // Both are taken before anything is waited for: a second later one second less is left.
    runMs,
    oldestRun: around.now() - runMs - aroundMs,
    conceal: (...values) => redactor.add(...values),
    async readSecret<T>(arn: string, form: SecretForm<T>) {
      // It stands in the secret, but it names something to those who have to look at it, and CloudTrail has it, too.
      if (arnOfSecret.test(arn)) redactor.keep(arn)
      const value = await store.read(arn, { label: 'AWSCURRENT' })
      if (value === undefined) throw new RotationError('SecretNotFound', say`Secret ${arn} has no AWSCURRENT value.`)
      if (value.text === undefined) throw new RotationError('InvalidSecret', say`Secret ${arn} is binary.`)
      concealSecret(value.text, form, redactor)
      return form.parse(value.text)
    },
    async secretTags(arn) {
      return (await store.describe(arn)).tags
    },
  }
}
