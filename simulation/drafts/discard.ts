import { RotationError } from '../../shared/errors/rotation-error.ts'
import type { SecretStore } from '../../shared/rotation/secret-store.ts'

/** What was minted in this run, so that it can be given back. */
export interface Minted {
  id: string | undefined
}

/** Answers that prove that nothing was stored. */
const proofs = ['AccessDenied', 'KmsAccessDenied', 'InvalidSecret', 'SecretNotFound']

/**
 * The draft of the seam `discard`: what was minted and was not stored is given back, but only where the answer proves that it
 * was not stored. After a timeout it may have been, and another run may have promoted it.
 * @param afterTimeouts a defect, for the test of the tests
 */
export function discarding(
  store: SecretStore,
  minted: Minted,
  discard: (id: string) => Promise<void>,
  afterTimeouts = false,
): SecretStore {
  return {
    ...store,
    async putPending(...args) {
      try {
        const stored = await store.putPending(...args)
        if (!stored && minted.id !== undefined) await discard(minted.id)
        return stored
      } catch (error) {
        const isProof = error instanceof RotationError && proofs.includes(error.code)
        if ((isProof || afterTimeouts) && minted.id !== undefined) await discard(minted.id)
        throw error
      }
    },
  }
}
