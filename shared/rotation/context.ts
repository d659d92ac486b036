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
  /** Marks values that must never be seen in a log, an error or a metric. */
  conceal(...values: string[]): void
  /** Notes what was done, for the log line of the step and for the error if the time runs out. No secret values. */
  did(what: string): void
  /**
   * The SecretString of AWSCURRENT of another secret (a superuser's).
   * Throws SecretNotFound, AccessDenied, KmsAccessDenied and so on, naming `arn`.
   */
  readSecret(arn: string): Promise<string>
  /** The tags of another secret, by key. Throws as readSecret does. */
  secretTags(arn: string): Promise<ReadonlyMap<string, string>>
}
