import type { Invocation } from '../../local/secrets-manager/functions/invocation.ts'

/** @returns the code of the error that a step ended with, or `succeeded` */
export function codeOf(outcome: Invocation): string {
  return outcome.ok ? 'succeeded' : outcome.error.errorType
}

/** @returns what a failed step says to the operator; nothing where it succeeded */
export function saidBy(outcome: Invocation): string {
  return outcome.ok ? '' : outcome.error.errorMessage
}
