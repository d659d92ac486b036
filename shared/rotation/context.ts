import type { Words } from '../errors/words.ts'
import type { SecretForm } from './secret-store.ts'

/** What one invocation gives to the hooks of a secret type. */
export interface RotationContext {
  /** The ARN of the secret, as Secrets Manager sent it. */
  readonly secretId: string
  /** The id of the pending version. Stable over retries, so whatever is derived from it is too. */
  readonly token: string
  /** Aborted shortly before Lambda ends the process. */
  readonly signal: AbortSignal
  /** Milliseconds until `signal` is aborted. */
  remainingMs(): number
  /** The time, in milliseconds since 1970. Time and chance come from here alone, so that a run can be repeated exactly. */
  now(): number
  /** The longest that a run takes, in milliseconds: `remainingMs` as it was when this run began. */
  readonly runMs: number
  /**
   * What was made elsewhere before this time was made by no run that can still store it: one timeout of the function and a
   * little more before this run began, in milliseconds since 1970.
   */
  readonly oldestRun: number
  /** Waits; an abort ends the waiting, and is no error. */
  sleep(ms: number): Promise<void>
  /** Bytes that nobody can guess. */
  randomBytes(count: number): Uint8Array
  /** Marks values that must never be seen in a log, an error or a metric. */
  conceal(...values: string[]): void
  /** Notes what was done, for the log line of the step and for the error if the time runs out. No secret values. */
  did(what: Words): void
  /** Adds to a metric of the function, for what is no failure and should raise an alarm all the same. */
  count(metric: 'UnpinnedHostKeys', by: number): void
  /**
   * AWSCURRENT of another secret (a superuser's), whose sensitive values are concealed.
   * Throws SecretNotFound, AccessDenied, KmsAccessDenied and so on, naming `arn`, and what `form.parse` throws.
   */
  readSecret<T>(arn: string, form: SecretForm<T>): Promise<T>
  /** The tags of another secret, by key. Throws as readSecret does. */
  secretTags(arn: string): Promise<ReadonlyMap<string, string>>
}
