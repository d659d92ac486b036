/** What is said of every failure with a code; a place that knows better says so itself. */
export interface GeneralError {
  readonly cause: string
  readonly remedy: string
  /** Whether running the same step again, with nothing else changed, can succeed. */
  readonly retryable: boolean
}
