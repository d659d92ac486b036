import type { Secret } from '../../local/secrets-manager/service/store.ts'
import { copyOfSecret, functionArn, type Secrets, simulatedSecrets, stateOfSecret } from './secrets.ts'
import type { Target } from './target.ts'

/** Everything outside of the runs of one history. */
export interface World {
  readonly secrets: Secrets
  /** The secret that is rotated. */
  secret: Secret
  target: Target
  /** The secret before the last change, which a read that is out of date gives. */
  before: Secret['views']
  /** How many rotations were begun. */
  rotations: number
  /** Names of human acts and of late arrivals in this history. */
  marks: ReadonlySet<string>
  /** Rules that were broken, by the name of the predicate. */
  broken: Set<string>
}

/** A world as it was at some moment. */
export type Snapshot = Pick<World, 'secret' | 'target' | 'before' | 'rotations' | 'marks'> & {
  readonly time: number
}

const name = 'simulated'
/** The superuser's secret, which no history changes. */
export const superuserName = 'superuser'

/** @param first makes the secret's value at the beginning, from the ARN of the superuser's secret */
export function newWorld(target: Target, first: (superuser: string) => string, superuser: string): World {
  const secrets = simulatedSecrets()
  const token = tokenOf(-1)
  const { ARN } = secrets.call('CreateSecret', {
    Name: superuserName,
    ClientRequestToken: token,
    SecretString: superuser,
  })
  secrets.call('CreateSecret', { Name: name, ClientRequestToken: tokenOf(0), SecretString: first(String(ARN)) })
  const secret = secrets.service.secrets.get(name)
  if (secret === undefined) throw new Error('The secret was not stored.')
  const none = { rotations: 0, marks: new Set<string>(), broken: new Set<string>() }
  return { secrets, secret, target, before: secret.views, ...none }
}

/** The id of a version that an operator or a rotation makes. */
export function tokenOf(number: number): string {
  return `rotation-${number}`.padEnd(36, '-')
}

/** Carries out a change of the secret. Later reads may still give the state before it. */
export function write<T>(world: World, work: () => T): T {
  const [before] = world.secret.views
  try {
    return work()
  } finally {
    if (before !== undefined && world.secret.views[0] !== before) world.before = [before]
  }
}

/**
 * Starts a rotation, or takes up the one that is not complete, as RotateSecret does.
 * @returns the token of its version; undefined where AWSPENDING of a cancelled rotation is in the way
 */
export function rotateSecret(world: World): string | undefined {
  const { secrets, secret } = world
  const token = tokenOf(world.rotations + 1)
  try {
    write(world, () =>
      secrets.call('RotateSecret', { SecretId: secret.arn, ClientRequestToken: token, RotationLambdaARN: functionArn }),
    )
    world.rotations++
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('previous rotation')) throw error
  }
  if (secret.rotation === undefined) return undefined
  // The histories invoke the steps in the place of the service, which is the service's state `held`.
  secret.rotation.state = 'held'
  return secret.rotation.token
}

/** The value with a label, or undefined. */
export function valueWith({ secret }: Pick<World, 'secret'>, label: string): string | undefined {
  for (const { stages, value } of secret.versions.values())
    if (stages.has(label)) return value !== undefined && 'string' in value ? value.string : undefined
  return undefined
}

/** The values of all versions with a label, of labels of our own, too. */
export function labelledValues({ secret }: Pick<World, 'secret'>): string[] {
  const labelled = [...secret.versions.values()].filter(({ stages }) => stages.size > 0)
  return labelled.flatMap(({ value }) => (value !== undefined && 'string' in value ? [value.string] : []))
}

/** The values that may be in use. The credential of AWSPREVIOUS is removed at the start of the next rotation. */
export function valuesInUse({ secret }: Pick<World, 'secret'>): string[] {
  return [...secret.versions.values()].flatMap(({ stages, value }) => {
    const isInUse = stages.has('AWSCURRENT') || stages.has('AWSPENDING')
    return isInUse && value !== undefined && 'string' in value ? [value.string] : []
  })
}

export function snapshotOf(world: World): Snapshot {
  const { secret, target, before, rotations, marks, secrets } = world
  const time = secrets.clock.now()
  return { secret: copyOfSecret(secret), target: target.copy(), before, rotations, marks, time }
}

/** Puts a world back to a snapshot, which can be used again. */
export function restore(world: World, snapshot: Snapshot): void {
  const { time, ...rest } = snapshot
  Object.assign(world, rest, {
    secret: copyOfSecret(snapshot.secret),
    target: snapshot.target.copy(),
    broken: new Set<string>(),
  })
  world.secrets.service.secrets.set(name, world.secret)
  world.secrets.clock.set(time)
}

/** A text that is the same for two worlds if nobody can tell them apart. */
export function stateOf(world: World): string {
  const { secret, target, before, rotations, marks, secrets } = world
  const seen = [...(before[0]?.versions.values() ?? [])].map(({ id, stages, value }) => `${id}${[...stages]}${!value}`)
  return `${rotations} ${secrets.clock.now()} ${[...marks]}\n${stateOfSecret(secret)}\n${seen}\n${target.state()}`
}

/** The id of the version with a label, or undefined. */
export function versionIdWith({ secret }: Pick<World, 'secret'>, label: string): string | undefined {
  for (const { id, stages } of secret.versions.values()) if (stages.has(label)) return id
  return undefined
}

export function mark(world: World, what: string): void {
  if (!world.marks.has(what)) world.marks = new Set([...world.marks, what])
}
