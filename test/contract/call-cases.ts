import { afterAll, beforeAll, expect, it } from 'vitest'
import { type SecretsManager, secretsManagerFor } from '../support/secrets-manager.ts'
import type { RotationCalls } from './calls.ts'
import { type Suite, storedTarget } from './suite.ts'

/**
 * How often a rotation asks Secrets Manager.
 * @param rotatedBefore how often the secret has been rotated before, so that there is something of an earlier rotation to remove
 */
export function callCases({ type }: Pick<Suite, 'type'>, expected: RotationCalls, rotatedBefore = 0): void {
  let slow: SecretsManager
  let rotated: Promise<unknown>
  // Waited for while the other cases run: nearly all of it is latency.
  beforeAll(async () => {
    slow = await secretsManagerFor(type.function, { ...type.secretsManager, latencyMs: 120 })
    const { secretId } = await storedTarget(type, slow, await type.fresh(slow), new Set())
    rotated = rotate(secretId)
    rotated.catch(() => undefined)
  })
  afterAll(() => slow[Symbol.asyncDispose]())

  async function rotate(secretId: string) {
    for (let n = 0; n < rotatedBefore; n++) await slow.rotate(secretId)
    slow.local.calls.clear()
    await slow.rotate(secretId)
  }

  it(`a rotation asks Secrets Manager ${expected.all} times, side by side where it can`, async () => {
    await rotated
    const calls = slow.local.calls.by(type.function.id).toSorted((a, b) => a.startedAt - b.startedAt)
    expect(calls.map(({ operation }) => operation)).toHaveLength(expected.all)
    let [rounds, ends] = [0, 0]
    for (const { startedAt, endedAt } of calls) {
      if (startedAt < ends) continue
      rounds++
      ends = endedAt
    }
    expect(rounds).toBe(expected.inTurn)
  })
}
