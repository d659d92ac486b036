/** What a call does for the schedule: whether it can be lost after it took effect, be late, or be out of date. */
export type CallKind = 'read' | 'write' | 'look' | 'change' | 'wait'

/** One outside call of a run, before it is carried out. */
export interface OutsideCall<T = unknown> {
  /** For the story: `reads AWSCURRENT`. */
  readonly name: string
  /** Of Secrets Manager: read, write. Of the target: look, change. */
  readonly kind: CallKind
  /** Carries it out, and gives the answer or throws it. */
  effect(): T
  /** The same, of the version of the secret before the last change. */
  stale?(): T
  /** What the answer means at the target, for instance that what it did is durable from now on. */
  answered?(): void
  /** What the run gets where no answer comes. */
  lost(): Error
  /** What the run gets where it is proved that the call did not leave, if it can be told that. */
  unsent?(): Error
  /** What the run gets where its time runs out. */
  timedOut(): Error
}

/** The outside, as one run reaches it. */
export interface Outside {
  call<T>(call: OutsideCall<T>): Promise<T>
  now(): number
}
