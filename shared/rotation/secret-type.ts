import type { Words } from '../errors/words.ts'
import type { RotationContext } from './context.ts'
import type { Finding, ProbedVersion } from './finding.ts'
import type { LabelMove, SecretDescription, SecretForm } from './secret-store.ts'

/** The values a hook works on. AWSPENDING is always at hand; the others are read when they are asked for, once. */
export interface Versions<S> {
  readonly pending: S
  /** AWSCURRENT. For create and set it was read together with everything else; test seldom needs it. */
  current(): Promise<S>
  /** AWSPREVIOUS, or undefined where there is none or where it is not readable as a secret of this type. */
  previous(): Promise<S | undefined>
  /**
   * The texts of the versions that carry another label than AWS's three: what these values name may be in use.
   * Read when they are asked for; mostly there are none.
   */
  labelledByOthers(): Promise<readonly string[]>
  /**
   * Whether this is a test without a rotation (RotateImmediately=false): testSecret alone, on a copy of AWSCURRENT. It is
   * about the value in use, for which no setSecret has done anything. Asked for only where a test would fail otherwise,
   * since AWSCURRENT may have to be read for the answer.
   */
  isRehearsal(): Promise<boolean>
  /**
   * Asks whether the pending version is that still: a run may outlive its rotation. Asked for only before what would hurt
   * another rotation.
   */
  isStillPending(): Promise<boolean>
  /** For types with labels of their own. */
  readonly own: OwnLabels<S>
}

/** A version that holds a value. */
export interface Version<S> {
  readonly id: string
  readonly secret: S
  readonly text: string
  /** Milliseconds since 1970. */
  readonly created: number
}

/** For types with labels of their own: the versions as such. Nothing is read before it is asked for. */
export interface OwnLabels<S> {
  /** As they were when the step began. */
  labels(): Promise<SecretDescription['labels']>
  /** As they are now. */
  labelsNow(): Promise<SecretDescription['labels']>
  /** The version with a label of our own, or AWSCURRENT's; undefined where there is none. Throws as reading a value does. */
  version(label: string): Promise<Version<S> | undefined>
  /** What is stored under the event's token now, by whatever run. */
  storedNow(): Promise<S | undefined>
  /** As SecretStore.moveLabel. */
  move(label: string, move: LabelMove): Promise<boolean>
  /** As SecretStore.putAgain. */
  putAgain(version: Version<S>, label: string): Promise<void>
  /** How many days are between two rotations by schedule, where there is one. */
  rotationDays(): Promise<number | undefined>
}

/** What is at hand when the next value is made. */
export interface EarlierVersions<S> extends Pick<Versions<S>, 'current' | 'previous' | 'labelledByOthers' | 'own'> {
  /** Asks whether another run has stored the pending value meanwhile. */
  isStored(): Promise<boolean>
}

/**
 * What a target must know. The protocol reads, stages and promotes versions; a secret type never does.
 * Every hook may be killed at any line and is then run again, perhaps while the first run is still alive.
 */
export interface SecretType<S> extends SecretForm<S> {
  /** Whether the old credential goes on working after `set`. Where not, the time until the promotion is measured. */
  readonly overlap: boolean
  /** The SecretString of a value; fields that the type does not know are kept as they were read. */
  serialize(secret: S): string
  /** Makes the next value. Nothing outside may be changed here that cannot be found again after a kill. */
  create(versions: EarlierVersions<S>, context: RotationContext): Promise<S>
  /**
   * Labels of our own that move to a new value when it is stored. Such a value cannot be made a second time, so it is stored
   * with all the patience that the time allows.
   */
  labels?(secret: S): readonly string[]
  /**
   * Takes back what `create` has had minted elsewhere. Called only where the answer of Secrets Manager proves that it was
   * not stored, so that nobody can have put it to use. Left out where nothing is minted. With it, a `create` that fails is
   * no error if another run has stored the pending value meanwhile.
   */
  discard?(secret: S, context: RotationContext): Promise<void>
  /** Makes the pending value valid at the target. Idempotent. Left out where there is nothing to set: nothing is read then. */
  set?(versions: Versions<S>, context: RotationContext): Promise<void>
  /** Proves that the pending value can do what the current one can. Changes nothing. */
  test(versions: Versions<S>, context: RotationContext): Promise<void>
  /**
   * For operators: whether each version works, and what a rotation would need besides, as far as it can be proved without
   * changing anything and without a login that could lock an account. What cannot be proved is said.
   * @param versions those that can be read, in the order in which they are to be tried
   */
  probe?(versions: readonly ProbedVersion<S>[], context: RotationContext): Promise<readonly Finding[]>
  /** For operators whose value has leaked: what goes on after it is dead, with where to end it. Left out where nothing does. */
  outlives?(secret: S): Words | undefined
}
