import { judge, lonePending, mayBeRotating, type SecretFacts } from '../../shared/secret-state.ts'

/** The names of the secrets that need attention. */
export interface Judged {
  /** How many secrets a function rotates, or was to rotate. */
  readonly rotated: number
  /** The window of the rotation is over, and it was not done. */
  readonly overdue: readonly string[]
  /** A rotation that began more than an hour ago has not ended. */
  readonly stuck: readonly string[]
  /** Rotation was on, and is switched off. */
  readonly off: readonly string[]
}

/**
 * Judges all secrets as `keyturn status` does, by what ListSecrets says alone: a secret that was changed within the last hour and
 * has a version of AWSPENDING is taken to be rotating.
 * @param pages may have a secret twice
 * @throws what the listing throws: there is no half of a result
 */
export async function judged(pages: AsyncIterable<readonly SecretFacts[]>, now: number): Promise<Judged> {
  const secrets = new Map<string, SecretFacts>()
  for await (const page of pages) for (const secret of page) secrets.set(secret.arn, secret)
  const found: Record<'overdue' | 'stuck' | 'off', string[]> = { overdue: [], stuck: [], off: [] }
  for (const secret of secrets.values()) {
    const isPending = lonePending(secret) !== undefined && !mayBeRotating(secret, now)
    const { state, attention } = judge(secret, isPending ? secret.lastChanged : undefined, now)
    if (attention && (state === 'overdue' || state === 'stuck' || state === 'off')) found[state].push(secret.name)
  }
  const rotated = [...secrets.values()].filter(({ functionArn }) => functionArn !== undefined).length
  return { rotated, ...found }
}
