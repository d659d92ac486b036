import { expect } from 'vitest'
import type { FunctionError } from '../../local/secrets-manager/functions/invocation.ts'
import type { ErrorCode } from '../../shared/errors/catalogue.ts'
import type { Step } from '../../shared/rotation/event.ts'
import { fourSteps, type RotationByHand } from '../support/secrets-manager.ts'
import type { StoredTarget, Suite } from './suite.ts'

export interface ExpectedFailure {
  readonly code: ErrorCode
  readonly step: Step
  /** False where the target was put into a state in which no value works. */
  readonly stillWorks?: boolean
  /** Runs before the step, when all steps before it have succeeded. */
  readonly before?: (rotation: RotationByHand) => Promise<unknown>
}

/**
 * Rotates and expects a step to fail in a certain way, and that nothing was lost by it: AWSCURRENT is where it was, the
 * target is as it was, and the value works.
 * @returns the error as Lambda returns it
 */
export async function expectFailure(
  { secrets }: Pick<Suite, 'secrets'>,
  target: StoredTarget,
  { code, step, stillWorks = true, before = async () => undefined }: ExpectedFailure,
): Promise<FunctionError> {
  const rotation = await secrets.begin(target.secretId)
  await rotation.run(...fourSteps.slice(0, fourSteps.indexOf(step)))
  await before(rotation)
  const asItWas = await target.snapshot()
  const outcome = await rotation.attempt(step)
  if (outcome.ok) throw new Error(`${step} succeeded, although ${code} was expected: ${outcome.logs}`)
  expect(outcome.error.errorMessage).toMatch(/^.+\. Likely cause: .+\. What to do: .+ Trying again /s)
  expect([outcome.error.errorType, outcome.error.errorMessage]).toEqual([code, expect.any(String)])
  expect(outcome.logs).toContain(`"code":"${code}"`)
  expect(await target.snapshot()).toEqual(asItWas)
  const AWSCURRENT = await target.stagedValue('AWSCURRENT')
  expect(AWSCURRENT).toBe(target.value)
  if (stillWorks) expect(await target.works(AWSCURRENT)).toBe(true)
  return outcome.error
}
