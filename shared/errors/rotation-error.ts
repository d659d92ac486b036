// Every function may throw these; the lists of other layers come with what throws their codes.
import '../aws/error-codes.ts'
import '../network/error-codes.ts'
import { protocolErrors } from '../rotation/error-codes.ts'
import type { ErrorCode } from './catalogue.ts'
import { knownErrors } from './general-error.ts'
import { kind, ours, say, type Words } from './words.ts'

/** Whether a call that failed may have done its work all the same. */
export type Effect = 'none' | 'possible'

export interface ErrorDetails {
  /** Replaces the general likely cause of the code. */
  readonly likely?: Words
  /** Replaces the general remedy of the code. */
  readonly remedy?: Words
  /** Replaces the general answer of the code to whether trying again can help, where the case decides. */
  readonly retryable?: boolean
  /** `none` where it is proved that what failed has changed nothing: it never left, or was answered with a refusal. */
  readonly effect?: Effect
  /** The error underneath. It is redacted before anybody sees it. */
  readonly cause?: unknown
}

/** A failure as operators read it: what happened, the likely cause, what to do, and whether a retry can help. */
export class RotationError extends Error {
  readonly code: ErrorCode
  /** What happened, without cause and remedy. */
  declare readonly what: Words
  declare readonly likely: Words
  declare readonly remedy: Words
  /** The message, whose parts are told apart. */
  declare readonly words: Words
  readonly retryable: boolean
  declare readonly effect: Effect

  /** @param what one sentence without any secret value, ending in a full stop */
  constructor(code: ErrorCode, what: Words, details: ErrorDetails = {}) {
    const general = knownErrors().get(code) ?? protocolErrors.Internal
    const retryable = details.retryable ?? general.retryable
    const likely = details.likely ?? ours(general.cause)
    const remedy = details.remedy ?? ours(general.remedy)
    const retry = ours(retryable ? 'Trying again can help.' : 'Trying again does not help.')
    const words = say`${what} Likely cause: ${likely} What to do: ${remedy} ${retry}`
    super(words.toString(), 'cause' in details ? { cause: details.cause } : undefined)
    // Lambda reports an error's name as its errorType: an alarm can filter on it.
    this.name = code
    this.code = code
    this.retryable = retryable
    const effect = details.effect ?? 'possible'
    // Not listed: a log of the error has the words in its message, and `effect` is for the code that decides what to do next.
    for (const [name, value] of Object.entries({ what, likely, remedy, words, effect }))
      Object.defineProperty(this, name, { value })
  }
}

/** Whatever is not a RotationError is a defect: it is wrapped, so that every error has a code and a remedy. */
export function presentable(error: unknown): RotationError {
  if (error instanceof RotationError) return error
  const name = error instanceof Error ? error.name : typeof error
  return new RotationError('Internal', say`The function failed unexpectedly (${kind(name)}).`, { cause: error })
}
