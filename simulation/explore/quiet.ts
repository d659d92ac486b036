import type { ErrorCode } from '../../shared/errors/catalogue.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { steps } from '../../shared/rotation/event.ts'
import { startRun } from '../world/run.ts'
import type { SimulatedType } from '../world/simulated-type.ts'
import { labelledValues, rotateSecret, valueWith, versionIdWith, type World, write } from '../world/world.ts'
import { operatorActs, put } from './events.ts'
import { settled } from './settled.ts'

type Say = (line: string) => void

/** What an operator does after reading the remedy of an error, by the error's code. All other remedies say: rotate again. */
const remedies: Partial<Record<ErrorCode, (world: World, error: RotationError) => void>> = {
  LoginRefused: putMended,
  NotPrimary: putMended,
  InvalidSecret: putMended,
  LoginLocked: putMended,
  KeyRefused: putMended,
  // The managing key lacks a right, or there is no room for another key.
  ProviderRefused: (world, { what }) => (String(what).includes('answered 403') ? free(world) : putMended(world)),
  ReauthorizationRequired: putMended,
  AccessKeyUnknown: putMended,
  AccessKeySlotTaken(world) {
    // Where nobody has made, edited or labelled anything by hand, the function may not take a key for a person's.
    if (!['put', 'unstage', 'password'].some((act) => world.marks.has(act))) world.broken.add('the-rotation-ends')
    free(world)
  },
  NotAClone: (world) => world.target.madeEqual?.(),
  PendingMismatch: (world) => operatorActs.unstage?.act(world),
}

function free(world: World): void {
  world.target.freed?.(labelledValues(world))
}

function putMended(world: World): void {
  put(world, world.target.mended(valueWith(world, 'AWSCURRENT') ?? ''))
}

/** How long the service waits before it starts a rotation again, and how often it does; AWS documents neither. */
const retryMs = 10_000
const mostRetries = 6
/** The most attempts: some remedies are asked for only after others have been carried out. */
const mostAttempts = mostRetries + 6

/**
 * Plays the rest of a rotation that nothing disturbs any more: the service goes on with it, and an operator
 * carries out what errors ask for. Marks the world where that does not end the rotation.
 */
export async function endRotation(world: World, type: SimulatedType, say: Say = () => undefined): Promise<void> {
  let retries = 0
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const token = rotateSecret(world) ?? (await freed(world, type, say))
    const error = await runSteps(world, type, { token, attempt }, say)
    if (error === undefined) return
    const code = error instanceof RotationError ? error.code : 'Internal'
    say(`the rotation failed: ${error instanceof RotationError ? `${code}: ${error.what}` : error}`)
    if (error instanceof RotationError && error.retryable && retries++ < mostRetries) {
      world.secrets.clock.set(world.secrets.clock.now() + retryMs)
      continue
    }
    const remedy = remedies[code as ErrorCode]
    say(remedy === undefined ? 'the operator rotates again' : 'the operator carries out the remedy, and rotates again')
    if (error instanceof RotationError) remedy?.(world, error)
  }
  world.broken.add('the-rotation-ends')
}

/**
 * Where AWSPENDING of a cancelled rotation is in the way of rotate-secret, the operator runs the command that the function
 * names when it is invoked, for the one of the two values that works.
 * @returns the token of the rotation that starts then
 */
async function freed(world: World, type: SimulatedType, say: Say): Promise<string> {
  const pending = versionIdWith(world, 'AWSPENDING') ?? ''
  const run = startRun(world, type, { label: 'cancelled', step: 'createSecret', token: pending }, true)
  await settled()
  const works = (label: string) => {
    const value = valueWith(world, label)
    return value !== undefined && world.target.works(value)
  }
  const moved = !works('AWSCURRENT') && works('AWSPENDING') ? 'AWSCURRENT' : 'AWSPENDING'
  for (const [, options = ''] of String(run.error).matchAll(
    /"aws secretsmanager update-secret-version-stage ([^"]+)"/g,
  )) {
    const given = (name: string) => new RegExp(`--${name} (\\S+)`).exec(options)?.[1]
    if (given('version-stage') !== moved) continue
    say(`the operator runs: update-secret-version-stage ${options}`)
    const input = { SecretId: given('secret-id'), VersionStage: moved, MoveToVersionId: given('move-to-version-id') }
    const RemoveFromVersionId = given('remove-from-version-id')
    write(world, () => world.secrets.call('UpdateSecretVersionStage', { ...input, RemoveFromVersionId }))
  }
  const token = rotateSecret(world)
  if (token === undefined) throw new Error(`RotateSecret has not started a rotation after: ${run.error}`)
  return token
}

/** @returns the error of the step that failed; undefined where AWSCURRENT has moved to the token */
async function runSteps(
  world: World,
  type: SimulatedType,
  { token, attempt }: { readonly token: string; readonly attempt: number },
  say: Say,
): Promise<unknown> {
  for (const step of steps) {
    const run = startRun(world, type, { label: `again${attempt}`, step, token }, true)
    await settled()
    say(`the service runs ${step}: it ${run.state}`)
    if (run.state === 'running') return new Error(`${step} never ends`)
    if (run.state !== 'succeeded') return run.error
  }
  return versionIdWith(world, 'AWSCURRENT') === token ? undefined : new Error('AWSCURRENT did not move')
}

/** Whether a rotation is under way and has to be ended. */
export function isUnderWay(world: World): boolean {
  const pending = versionIdWith(world, 'AWSPENDING')
  return pending !== undefined && pending !== versionIdWith(world, 'AWSCURRENT')
}
