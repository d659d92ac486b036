import type { Step } from '../../../shared/rotation/event.ts'
import { arnOfFunction } from '../arns.ts'
import type { RotationFunction, StepListener } from '../functions/invocation.ts'
import type { Clock } from './clock.ts'
import { invalidRequest, notFound } from './errors.ts'
import type { EventLog } from './events.ts'
import type { FunctionLogs } from './function-logs.ts'
import { matcherFor } from './names.ts'
import type { Schedule, Window } from './schedule.ts'

/** A value as it was sent: `binary` is Base64. */
export type SecretValue = { readonly string: string } | { readonly binary: string }

/** `value` is undefined in the placeholder that RotateSecret makes before createSecret has run. */
export interface Version {
  readonly id: string
  readonly createdAt: number
  readonly stages: Set<string>
  readonly kmsKeyId: string | undefined
  value: SecretValue | undefined
  accessedAt: number | undefined
}

/** A rotation that has not succeeded yet: running, waiting for a retry, held, or stuck after the last retry. */
export interface Rotation {
  readonly kind: 'rotation' | 'test'
  readonly token: string
  readonly rotationToken: string
  state: 'running' | 'waiting' | 'held' | 'stuck'
  attempt: number
  cancelRetry: () => void
}

export interface Configuration {
  enabled: boolean
  readonly functionArn: string
  readonly schedule: Schedule | undefined
  readonly since: number
}

export interface Secret {
  readonly arn: string
  readonly name: string
  readonly createdAt: number
  readonly versions: Map<string, Version>
  /** The versions as reads see them, oldest first: with a visibility lag, a write becomes visible some time after it was made. */
  views: { readonly from: number; readonly versions: ReadonlyMap<string, Version> }[]
  changedAt: number
  accessedAt: number | undefined
  description: string | undefined
  kmsKeyId: string | undefined
  type: string | undefined
  tags: Map<string, string> | undefined
  policy: string | undefined
  deletion: { readonly at: number; readonly cancel: () => void } | undefined
  /** Undefined until RotateSecret has configured it, which is why DescribeSecret leaves RotationEnabled out. */
  configuration: Configuration | undefined
  rotation: Rotation | undefined
  lastRotatedAt: number | undefined
  /** When somebody last stored an AWSCURRENT value by hand, which counts as a rotation for AutomaticallyAfterDays. */
  valuePutAt: number | undefined
  /** The window of the next rotation. It stays, and passes, when that rotation fails. */
  nextWindow: Window | undefined
  cancelSchedule: () => void
}

/** Everything the operations work on, in one Region. */
export interface Service {
  readonly region: string
  readonly secrets: Map<string, Secret>
  readonly clock: Clock
  readonly events: EventLog
  readonly logs: FunctionLogs
  /** The functions of all Regions. */
  readonly functions: readonly RotationFunction[]
  readonly retryDelaysMs: readonly number[]
  readonly visibilityLagMs: number
  /**
   * Whether any version that somebody else stores abandons the rotation in flight, not only a version that takes AWSCURRENT:
   * AWS's user guide can be read so ("RotationAbandoned"), and nobody has tried.
   */
  readonly anyVersionAbandons: boolean
  readonly onStep: StepListener
  /** Set with `--hold`: takes the events instead of the function. */
  readonly hold: ((secret: Secret, rotation: Rotation, steps: readonly Step[]) => Promise<void>) | undefined
  /** The work that is under way; settled() waits for its end. */
  readonly underWay: Set<Promise<unknown>>
}

/** @throws ServiceError ResourceNotFoundException, or ValidationException for an impossible name */
export function findSecret(service: Service, secretId: string): Secret {
  const found = service.secrets.get(secretId) ?? service.secrets.values().find(matcherFor(secretId, service.region))
  if (found === undefined) throw notFound("Secrets Manager can't find the specified secret.")
  return found
}

/** @throws ServiceError as findSecret, and InvalidRequestException while the secret is scheduled for deletion */
export function findLiveSecret(service: Service, secretId: string): Secret {
  const secret = findSecret(service, secretId)
  if (secret.deletion === undefined) return secret
  throw invalidRequest("You can't perform this operation on the secret because it was marked for deletion.")
}

/** The function with an ARN of this Region. */
export function functionWith({ functions, region }: Service, arn: string | undefined): RotationFunction | undefined {
  return functions.find(({ id }) => arnOfFunction(id, region) === arn)
}

/** Adds a promise to the work under way until it is done. It must not reject. */
export function track<T>(service: Service, work: Promise<T>): Promise<T> {
  service.underWay.add(work)
  void work.finally(() => service.underWay.delete(work))
  return work
}

/** The versions as a read sees them now. */
export function visibleVersions(secret: Secret): ReadonlyMap<string, Version> {
  const now = performance.now()
  while ((secret.views[1]?.from ?? Infinity) <= now) secret.views.shift()
  return secret.views[0]?.versions ?? new Map()
}

/**
 * Ends every modification: sets LastChangedDate and publishes the versions to the readers, at once or after the lag.
 * @param lagMs milliseconds of real time; what the service itself writes during a rotation is visible at once
 */
export function changed(service: Service, secret: Secret, lagMs = service.visibilityLagMs): void {
  secret.changedAt = service.clock.now()
  const versions = new Map([...secret.versions].map(([id, each]) => [id, { ...each, stages: new Set(each.stages) }]))
  if (lagMs <= 0) secret.views = [{ from: 0, versions }]
  else secret.views.push({ from: performance.now() + lagMs, versions })
}

/** The window in which the secret is due, seen from `after`; undefined without a schedule or with rotation off. */
export function nextWindow(service: Service, secret: Secret, after = service.clock.now()): Window | undefined {
  const { configuration, lastRotatedAt, valuePutAt } = secret
  if (!configuration?.enabled) return undefined
  const rotations = [lastRotatedAt, valuePutAt].filter((time) => time !== undefined)
  return configuration.schedule?.next(after, rotations.length > 0 ? Math.max(...rotations) : configuration.since)
}

/** What almost every answer starts with. */
export function identity({ arn, name }: Secret): { ARN: string; Name: string } {
  return { ARN: arn, Name: name }
}

/** AWS's JSON protocol writes times as seconds with three decimals. */
export function seconds(ms: number): number {
  return Math.round(ms) / 1000
}
