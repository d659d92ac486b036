/** The kind of a call, which decides whether it can be lost after it took effect, be late, or be out of date. */
export type CallKind = 'read' | 'write' | 'look' | 'change' | 'wait'

/** One outside call of a run, before it is carried out. */
export interface OutsideCall<T = unknown> {
  /** The call's words in the story: `reads AWSCURRENT`. */
  readonly name: string
  /** Calls of Secrets Manager read or write; those of the target look or change. */
  readonly kind: CallKind
  /** Carries the call out. Gives the answer, or throws it. */
  effect(): T
  /** The answer as it was before the last change of the secret. */
  stale?(): T
  /** Called when the call was answered: at the target its effect is durable from then on, for instance. */
  answered?(): void
  /** The run's error where no answer comes. */
  lost(): Error
  /** The run's error where the call provably did not leave. Not set where the run cannot know that. */
  unsent?(): Error
  /** The run's error where its time runs out. */
  timedOut(): Error
}

/** The outside, as one run reaches it. */
export interface Outside {
  call<T>(call: OutsideCall<T>): Promise<T>
  now(): number
}
