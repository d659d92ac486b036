import type { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import type { Effect } from '../errors/rotation-error.ts'

/**
 * Watches the attempts that the SDK makes of a command, which it repeats by itself: the last one's error says nothing of the
 * others.
 * @returns `effect()`: `none` where the service has answered every attempt that left with a refusal (4xx)
 */
export function attemptsOf({ middlewareStack }: Pick<PutSecretValueCommand, 'middlewareStack'>): { effect(): Effect } {
  let made = 0
  let refused = 0
  middlewareStack.add(
    (next) => async (args) => {
      made++
      try {
        return await next(args)
      } catch (error) {
        if (isRefusal(error)) refused++
        throw error
      }
    },
    // Inside of what repeats, outside of what reads an answer.
    { name: 'keyturnAttempts', step: 'deserialize', priority: 'high' },
  )
  return { effect: () => (made === refused ? 'none' : 'possible') }
}

/** An error that the service itself has put into words; what a proxy answers in its place is none. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error) || !('$fault' in error) || !('$metadata' in error)) return false
  const { httpStatusCode: status = 0 } = error.$metadata as { readonly httpStatusCode?: number }
  return error.$fault === 'client' && status >= 400 && status < 500
}
