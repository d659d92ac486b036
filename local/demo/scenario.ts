import { GetSecretValueCommand, RotateSecretCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { doneIn } from '../commands/done.ts'
import type { StepEnded } from '../secrets-manager/functions/invocation.ts'
import type { LocalSecretsManager } from '../secrets-manager/start.ts'
import { type Recording, startRecording } from './recording.ts'
import { type Demonstration, type DemoTarget, works } from './target.ts'
import { startWorkload, type Workload } from './workload.ts'

export interface Stage {
  readonly local: LocalSecretsManager
  readonly target: DemoTarget
  readonly secretsManager: SecretsManagerClient
  /** How often a login with overlap is rotated, at least twice. */
  readonly rotations: number
  /** How many clients log in all the time. */
  readonly clients: number
  /** Takes each line that people may want to watch. */
  say(line: string): void
  /** Subscribes to the steps as they end. */
  onStep(listener: (step: StepEnded) => void): () => void
}

const quarterOfAnHourMs = 900_000

/** One function's rotation under load, as measured. */
export interface Shown {
  readonly functionId: string
  /** Sentences about what was not as promised; none when all is well. */
  readonly surprises: readonly string[]
  readonly rotations: number
  /** Milliseconds by step, of the first rotation. */
  readonly steps: Readonly<Record<string, number>>
  readonly application: Workload
  readonly secretsManagerCalls: number
  readonly logins: number
  readonly refusedLogins: number
  readonly recording: Recording
}

/** Rotates a login while the application queries with it, and looks at it from all sides. */
export async function show(demonstration: Demonstration, stage: Stage): Promise<Shown> {
  const { functionId, secretName, overlap } = demonstration
  const { local, target, secretsManager, say } = stage
  const surprises: string[] = []
  const expect = (promise: string, kept: boolean) => {
    say(`  ${kept ? 'yes' : 'NO '}  ${promise}`)
    if (!kept) surprises.push(`Not so: ${promise}`)
  }

  await demonstration.prepare(secretsManager)
  const before = await currentValue(secretName, stage)
  expect('before: the stored login works', await works(target, before))
  // Where the old value dies at once, nobody can keep it.
  const keeping = overlap ? Math.floor(stage.clients / 2) : 0
  const recording = startRecording()
  const load = { refreshing: stage.clients - keeping, keeping, client: target.client, onUse: recording.used }
  const application = startWorkload({ secretId: secretName, secretsManager, ...load })
  await application.more(50)

  const mark = target.mark()
  const refusedBefore = application.seen.failedLogins
  const { steps, failed } = await rotate(demonstration, stage, surprises, recording)
  if (!failed) await application.more(50)
  const calls = local.calls.by(functionId).length
  const { byFunctions: logins, refused } = await target.loginsSince(mark)
  // Each refused login that is not the application's is the functions', which log in with right passwords only.
  const refusedLogins = refused - (application.seen.failedLogins - refusedBefore)
  const counts = { functionId, steps, secretsManagerCalls: calls, logins, refusedLogins }
  const shown = async (count: number): Promise<Shown> => {
    const seen = await application.stop()
    return { ...counts, surprises, rotations: count, application: seen, recording: recording.recorded() }
  }
  // The version is still pending, so that no further rotation can begin, and the other promises could not hold.
  if (failed) return shown(1)

  const after = await currentValue(secretName, stage)
  expect('after: the stored login is a new one and works', after !== before && (await works(target, after)))
  const rotations = overlap ? stage.rotations : 1
  if (overlap) {
    expect(
      'after: the login from before still works, for applications that have cached it',
      await works(target, before),
    )
    say(
      `  ${rotations === 2 ? 'a second rotation' : `${rotations - 1} more rotations`}; those who keep a value take the current one before each:`,
    )
    for (let more = 1; more < rotations && application.seen.error === undefined; more++) {
      // The others look for a new secret now and then; so often that nobody has to wait for it here.
      await application.renew()
      // A secret may have 100 versions in a day; the clock of this Secrets Manager can be set forward.
      await local.clock.advance(quarterOfAnHourMs)
      const quietly = rotations === 2 ? stage : { ...stage, say: () => {} }
      const next = await rotate(demonstration, quietly, surprises, recording)
      if (next.failed) return shown(more + 1)
      if (more % 100 === 0) say(`  ${more} of them done`)
      await application.more(50)
    }
  }
  if (demonstration.endsByItself === true)
    say('       an application that never fetches its secret again has access until the value ends by itself')
  else {
    expect(
      'as expected, an application that never fetches its secret again has lost access by now',
      !(await works(target, before)),
    )
  }

  const seen = await application.stop()
  expect(`the application got an answer to each of its ${seen.queries} queries`, seen.error === undefined)
  if (seen.error instanceof Error) say(`       ${seen.error.message}`)
  if (overlap) expect('not one of its logins failed', seen.failedLogins === 0)
  expect(
    `${logins} logins by the function, none refused`,
    logins === demonstration.expectedLogins && refusedLogins === 0,
  )
  expect(
    `${calls} calls of Secrets Manager, at most ${demonstration.expectedCalls}`,
    calls <= demonstration.expectedCalls,
  )
  return shown(rotations)
}

async function currentValue(SecretId: string, { secretsManager }: Stage): Promise<string> {
  const { SecretString } = await secretsManager.send(new GetSecretValueCommand({ SecretId }))
  if (SecretString === undefined) throw new Error(`${SecretId} has no value`)
  return SecretString
}

/** @returns the milliseconds of each step, and whether one has failed */
async function rotate(
  { functionId, secretName }: Demonstration,
  stage: Stage,
  surprises: string[],
  recording: ReturnType<typeof startRecording>,
) {
  const steps: Record<string, number> = {}
  let failed = false
  recording.rotationBegins()
  const stop = stage.onStep(({ step, outcome, durationMs, logs, error }) => {
    recording.stepEnded(step, durationMs, outcome === 'failed')
    steps[step] = Math.round(durationMs)
    stage.say(`  ${step.padEnd(12)} ${`${Math.round(durationMs)} ms`.padStart(7)}  ${doneIn(logs) || outcome}`)
    if (outcome !== 'failed') return
    failed = true
    surprises.push(`${step} failed: ${error?.errorMessage ?? 'no message'}`)
  })
  const RotationLambdaARN = stage.local.functions[functionId]
  const rules = { RotationLambdaARN, RotationRules: { AutomaticallyAfterDays: 30 } }
  await stage.secretsManager.send(new RotateSecretCommand({ SecretId: secretName, ...rules }))
  await stage.local.settled()
  stop()
  return { steps, failed }
}
