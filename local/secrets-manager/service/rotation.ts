import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { type Step, steps } from '../../../shared/rotation/event.ts'
import type { FunctionError, Invocation } from '../functions/invocation.ts'
import { changed, functionWith, nextWindow, type Rotation, type Secret, type Service, track } from './store.ts'
import { addVersion, current, moveLabel, pending, versionWith } from './versions.ts'

/**
 * Starts a rotation and returns: creates the empty AWSPENDING version and lets the function run (user guide, "Rotation
 * by Lambda function"). With `kind` 'test' the pending version holds the current value and only testSecret runs.
 */
export function startRotation(service: Service, secret: Secret, kind: Rotation['kind'], token: string): Promise<void> {
  const version = addVersion(service, secret, token)
  if (kind === 'test') version.value = versionWith(secret, current)?.value
  moveLabel(service, secret, pending, version)
  changed(service, secret, 0)
  return resume(service, secret, newRotation(kind, token))
}

/** Takes up the rotation that left AWSPENDING behind, with the same version, even if the service has forgotten it. */
export function reattempt(service: Service, secret: Secret, token: string): Promise<void> {
  if (secret.rotation?.state === 'running') return Promise.resolve()
  const rotation = secret.rotation ?? newRotation('rotation', token)
  rotation.cancelRetry()
  rotation.attempt = 0
  return resume(service, secret, rotation)
}

/** Forgets the rotation: its further steps are not invoked. Labels are left as they are. */
export function dropRotation(secret: Secret): void {
  secret.rotation?.cancelRetry()
  secret.rotation = undefined
}

/**
 * Called when somebody has stored a value as AWSCURRENT by hand: removes AWSPENDING wherever it is, so that the next
 * rotation can start, and abandons the rotation in flight (user guide, RotationAbandoned).
 */
export function abandonRotation(service: Service, secret: Secret): void {
  moveLabel(service, secret, pending, undefined)
  const { rotation } = secret
  if (rotation === undefined) return
  dropRotation(secret)
  service.events.service('RotationAbandoned', secret, rotation.token)
}

/** Ends a rotation whose AWSCURRENT has moved, as seen by the service or, with `--hold`, by the move itself. */
export function succeed(service: Service, secret: Secret, { token }: Rotation): void {
  dropRotation(secret)
  secret.lastRotatedAt = service.clock.now()
  secret.nextWindow = nextWindow(service, secret)
  service.events.service('RotationSucceeded', secret, token)
}

function newRotation(kind: Rotation['kind'], token: string): Rotation {
  return { kind, token, rotationToken: randomUUID(), state: 'running', attempt: 0, cancelRetry: () => {} }
}

function resume(service: Service, secret: Secret, rotation: Rotation): Promise<void> {
  secret.rotation = rotation
  rotation.state = 'running'
  // RotateSecret has answered before the function is invoked.
  const start = async () => {
    await setImmediate()
    if (secret.rotation !== rotation) return
    await (service.hold ? holdBack(service, secret, rotation) : run(service, secret, rotation))
  }
  return track(service, start())
}

async function holdBack(service: Service, secret: Secret, rotation: Rotation) {
  rotation.state = 'held'
  service.events.service(rotation.kind === 'test' ? 'TestRotationStarted' : 'RotationStarted', secret, rotation.token)
  try {
    await service.hold?.(secret, rotation, stepsOf(rotation))
  } catch (error) {
    rotation.state = 'stuck'
    service.events.service('RotationFailed', secret, rotation.token, `The events could not be kept: ${error}`)
  }
}

const stepsOf = ({ kind }: Rotation): readonly Step[] => (kind === 'test' ? ['testSecret'] : steps)

/** Makes one attempt, and reports its start and its end. AWS does not document whether it reports attempts or rotations. */
async function run(service: Service, secret: Secret, rotation: Rotation): Promise<void> {
  const prefix = rotation.kind === 'test' ? 'Test' : ''
  rotation.state = 'running'
  rotation.attempt++
  service.events.service(`${prefix}RotationStarted`, secret, rotation.token)
  const problem = await runSteps(service, secret, rotation)
  if (secret.rotation !== rotation) return
  if (rotation.kind === 'rotation') tidyUp(service, secret, rotation)
  if (problem !== undefined) service.events.service(`${prefix}RotationFailed`, secret, rotation.token, problem)
  if (rotation.kind === 'test') return endTest(service, secret, rotation, problem)
  if (problem === undefined) return succeed(service, secret, rotation)
  retryLater(service, secret, rotation)
}

/** AWSPENDING goes where AWSCURRENT has come, whether the function has taken it off or not. */
function tidyUp(service: Service, secret: Secret, { token }: Rotation): void {
  if (versionWith(secret, current)?.id !== token || versionWith(secret, pending)?.id !== token) return
  moveLabel(service, secret, pending, undefined)
  changed(service, secret)
}

/** Stops at the first step that fails and returns what to report. */
async function runSteps(service: Service, secret: Secret, rotation: Rotation): Promise<string | undefined> {
  for (const step of stepsOf(rotation)) {
    const outcome = await runStep(service, secret, rotation, step)
    if (secret.rotation !== rotation) return undefined
    const arn = secret.configuration?.functionArn
    if (!outcome.ok) return `Error when executing lambda ${arn} during ${step} step`
  }
  if (rotation.kind === 'test' || versionWith(secret, current)?.id === rotation.token) return undefined
  return `The finishSecret step ended, but AWSCURRENT is not on version ${rotation.token}`
}

async function runStep(service: Service, secret: Secret, rotation: Rotation, step: Step): Promise<Invocation> {
  const { kind, token, attempt, rotationToken } = rotation
  const lambda = functionWith(service, secret.configuration?.functionArn)
  if (lambda === undefined) return { ok: false, error: noFunction, logs: '' }
  const about = { kind, step, secretName: secret.name, secretArn: secret.arn, functionId: lambda.id, token, attempt }
  service.onStep({ phase: 'started', ...about, at: service.clock.now() })
  const began = performance.now()
  const event = { Step: step, SecretId: secret.arn, ClientRequestToken: token, RotationToken: rotationToken }
  const outcome = await lambda.invoke(event, service.region).catch(brokenFunction)
  const { logs } = outcome
  const end = outcome.ok ? { outcome: 'succeeded' as const } : { outcome: 'failed' as const, error: outcome.error }
  const durationMs = performance.now() - began
  service.onStep({ phase: 'ended', ...about, at: service.clock.now(), durationMs, logs, ...end })
  return outcome
}

const noFunction: FunctionError = { errorType: 'NoFunction', errorMessage: 'The function is gone.', trace: [] }

function brokenFunction(error: unknown): Invocation {
  const errorMessage = `The function could not be invoked: ${error}`
  return { ok: false, error: { errorType: 'NotInvoked', errorMessage, trace: [] }, logs: '' }
}

/** The temporary version of a test goes away, whatever came of it. */
function endTest(service: Service, secret: Secret, rotation: Rotation, problem: string | undefined) {
  dropRotation(secret)
  if (versionWith(secret, pending)?.id === rotation.token) moveLabel(service, secret, pending, undefined)
  if (secret.versions.get(rotation.token)?.stages.size === 0) secret.versions.delete(rotation.token)
  changed(service, secret, 0)
  if (problem === undefined) service.events.service('TestRotationSucceeded', secret, rotation.token)
}

/** The whole rotation again, with the same version; after the last delay it stays stuck with AWSPENDING in place. */
function retryLater(service: Service, secret: Secret, rotation: Rotation) {
  const delay = service.retryDelaysMs[rotation.attempt - 1]
  if (delay !== undefined) {
    rotation.state = 'waiting'
    const again = () => track(service, run(service, secret, rotation))
    rotation.cancelRetry = service.clock.at(service.clock.now() + delay, again)
    return
  }
  rotation.state = 'stuck'
  // finishSecret may have moved AWSCURRENT and failed then: nothing is pending, so nothing is in the way of the next.
  if (versionWith(secret, pending)?.id !== rotation.token) dropRotation(secret)
}
