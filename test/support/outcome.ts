import type { FunctionError, Invocation } from '../../local/secrets-manager/functions/invocation.ts'

/** @returns the code of the error that a step ended with, or `succeeded` */
export function codeOf(outcome: Invocation): string {
  return outcome.ok ? 'succeeded' : outcome.error.errorType
}

/** @returns the error of a step that was to fail. Throws where it succeeded. */
export function errorOf(outcome: Invocation): FunctionError {
  if (outcome.ok) throw new Error(`An error was expected: ${outcome.logs}`)
  return outcome.error
}

/** @returns what a failed step says to the operator; nothing where it succeeded */
export function saidBy(outcome: Invocation): string {
  return outcome.ok ? '' : outcome.error.errorMessage
}
