import type { Invocation, RotationEvent, RotationFunction } from '../../local/secrets-manager/functions/invocation.ts'

/**
 * Stands between the service and a function. Usually it passes the events on; where a test has asked for the rotation of
 * a secret, the service waits for the first step of it, while the test runs the steps as it likes.
 */
export interface ByHand {
  readonly function: RotationFunction
  /** RotationTokens of all rotations so far. */
  readonly rotationTokens: readonly string[]
  /** The first event of the next rotation of a secret, which the function then does not get. */
  next(secretId: string): Promise<RotationEvent>
  /** Tells the service that all four steps have succeeded. */
  end(token: string): void
  /** Ends all waiting. */
  release(): void
}

export function byHand(lambda: RotationFunction): ByHand {
  const wanted = new Map<string, (event: RotationEvent) => void>()
  const held = new Map<string, (outcome: Invocation) => void>()
  const rotationTokens: string[] = []
  const fine: Invocation = { ok: true, logs: '' }

  async function invoke(event: unknown): Promise<Invocation> {
    const sent = event as RotationEvent
    rotationTokens.push(sent.RotationToken)
    if (held.has(sent.ClientRequestToken)) return fine
    const take = wanted.get(sent.SecretId)
    if (take === undefined) return lambda.invoke(event)
    wanted.delete(sent.SecretId)
    return new Promise<Invocation>((resolve) => {
      held.set(sent.ClientRequestToken, resolve)
      take(sent)
    })
  }
  return {
    function: { ...lambda, invoke },
    rotationTokens,
    next: (secretId) => new Promise((resolve) => wanted.set(secretId, resolve)),
    end: (token) => held.get(token)?.(fine),
    release() {
      for (const end of held.values()) end(fine)
    },
  }
}
