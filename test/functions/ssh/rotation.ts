import { codeOf } from '../../support/outcome.ts'
import { fourSteps, type RotationByHand, type SecretsManager } from '../../support/secrets-manager.ts'

/** What came of a rotation. */
export interface Ended {
  readonly rotation: RotationByHand
  /** `succeeded`, or the code of the error: of each step that was run. */
  readonly outcomes: readonly string[]
  /** The error's, if there was one. */
  readonly message: string
  /** All that the function has logged. */
  readonly logs: string
}

/** Runs the four steps until one fails. A rotation that has not failed is over afterwards. */
export async function rotated({ begin }: Pick<SecretsManager, 'begin'>, secretId: string): Promise<Ended> {
  const rotation = await begin(secretId)
  const outcomes: string[] = []
  let logs = ''
  for (const step of fourSteps) {
    const outcome = await rotation.attempt(step)
    logs += outcome.logs
    outcomes.push(codeOf(outcome))
    if (!outcome.ok) return { rotation, outcomes, message: outcome.error.errorMessage, logs }
  }
  await rotation.end()
  return { rotation, outcomes, message: '', logs }
}

export const allWell = fourSteps.map(() => 'succeeded')
