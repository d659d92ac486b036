import type { RotationContext } from './context.ts'

/** The values a hook works on. AWSPENDING is always at hand; the others are read when they are asked for, once. */
export interface Versions<S> {
  readonly pending: S
  /** AWSCURRENT. For create and set it was read together with everything else; test seldom needs it. */
  current(): Promise<S>
  /** AWSPREVIOUS, or undefined where there is none or where it is not readable as a secret of this type. */
  previous(): Promise<S | undefined>
}

/**
 * What a target must know. The protocol reads, stages and promotes versions; a secret type never does.
 * Every hook may be killed at any line and is then run again, perhaps while the first run is still alive.
 */
export interface SecretType<S> {
  /** For logs and metrics; nothing switches on it. */
  readonly name: string
  /** JSON fields whose values must never reach a log or an error. */
  readonly sensitive: readonly string[]
  /** Whether the old credential goes on working after `set`. Where not, the time until the promotion is measured. */
  readonly overlap: boolean
  /** Takes a SecretString. Throws InvalidSecret that names the field, never the value. */
  parse(secretString: string): S
  /** The SecretString of a value; fields that the type does not know are kept as they were read. */
  serialize(secret: S): string
  /** Makes the next value. Nothing outside may be changed here that cannot be found again after a kill. */
  create(versions: Omit<Versions<S>, 'pending'>, context: RotationContext): Promise<S>
  /** Makes the pending value valid at the target. Idempotent. */
  set(versions: Versions<S>, context: RotationContext): Promise<void>
  /** Proves that the pending value can do what the current one can. Changes nothing. */
  test(versions: Versions<S>, context: RotationContext): Promise<void>
  /** Runs after the promotion, also when the promotion was done by an earlier run. Idempotent. */
  finish?(context: RotationContext): Promise<void>
}
