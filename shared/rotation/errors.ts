import { type ErrorCode, errorCatalogue } from './error-catalogue.ts'
import { ours, say, type Words } from './words.ts'

export interface ErrorDetails {
  /** Replaces the general likely cause of the code. */
  readonly likely?: Words | string
  /** Replaces the general remedy of the code. */
  readonly remedy?: Words | string
  /** Replaces the general answer of the code to whether trying again can help, where the case decides. */
  readonly retryable?: boolean
  /** The error underneath. It is redacted before anybody sees it. */
  readonly cause?: unknown
}

/** A failure as operators read it: what happened, the likely cause, what to do, and whether a retry can help. */
export class RotationError extends Error {
  readonly code: ErrorCode
  /** What happened, without cause and remedy. */
  declare readonly what: Words | string
  /** The message, whose parts are told apart. */
  declare readonly words: Words
  readonly retryable: boolean

  /** @param what one sentence without any secret value, ending in a full stop. A bare text is taken for one from outside */
  constructor(code: ErrorCode, what: Words | string, details: ErrorDetails = {}) {
    const general = errorCatalogue[code]
    const retryable = details.retryable ?? general.retryable
    const likely = details.likely ?? ours(general.cause)
    const remedy = details.remedy ?? ours(general.remedy)
    const retry = ours(retryable ? 'Trying again can help.' : 'Trying again does not help.')
    const words = say`${what} Likely cause: ${likely} What to do: ${remedy} ${retry}`
    super(words.toString(), 'cause' in details ? { cause: details.cause } : undefined)
    // Lambda reports an error's name as its errorType: an alarm can filter on it.
    this.name = code
    this.code = code
    // Not listed: whoever logs the error has them in the message.
    Object.defineProperty(this, 'what', { value: what })
    Object.defineProperty(this, 'words', { value: words })
    this.retryable = retryable
  }
}
