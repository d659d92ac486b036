/** What is said of every failure with a code; a place that knows better says so itself. */
export interface GeneralError {
  readonly cause: string
  readonly remedy: string
  /** Whether running the same step again, with nothing else changed, can succeed. */
  readonly retryable: boolean
}

const known = new Map<string, GeneralError>()

/**
 * Makes a layer's list known to the errors of this program, so that a bundle carries the words of the layers that are in it,
 * and not those of all others. What throws a code of a list imports the list.
 * @returns the list, with its codes as its type
 */
export function generalErrors<const T extends Record<string, GeneralError>>(list: T): T {
  for (const [code, error] of Object.entries(list)) known.set(code, error)
  return list
}

/** The lists of all layers that were loaded so far, by code. */
export function knownErrors(): ReadonlyMap<string, GeneralError> {
  return known
}
