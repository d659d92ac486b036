import { type ErrorCode, errorCatalogue } from './error-catalogue.ts'

export interface ErrorDetails {
  /** Replaces the general likely cause of the code. */
  readonly likely?: string
  /** Replaces the general remedy of the code. */
  readonly remedy?: string
  /** Replaces the general answer of the code to whether trying again can help, where the case decides. */
  readonly retryable?: boolean
  /** The error underneath. It is redacted before anybody sees it. */
  readonly cause?: unknown
}

/** A failure as operators read it: what happened, the likely cause, what to do, and whether a retry can help. */
export class RotationError extends Error {
  readonly code: ErrorCode
  /** What happened, without cause and remedy. */
  declare readonly what: string
  readonly retryable: boolean

  /** @param what one sentence without any secret value, ending in a full stop */
  constructor(code: ErrorCode, what: string, details: ErrorDetails = {}) {
    const { cause, remedy } = errorCatalogue[code]
    const retryable = details.retryable ?? errorCatalogue[code].retryable
    const retry = retryable ? 'Trying again can help.' : 'Trying again does not help.'
    super(
      `${what} Likely cause: ${details.likely ?? cause} What to do: ${details.remedy ?? remedy} ${retry}`,
      'cause' in details ? { cause: details.cause } : undefined,
    )
    // Lambda reports an error's name as its errorType: an alarm can filter on it.
    this.name = code
    this.code = code
    // Not listed: whoever logs the error has it in the message.
    Object.defineProperty(this, 'what', { value: what })
    this.retryable = retryable
  }
}
