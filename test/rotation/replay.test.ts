import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generatedValue } from '../../functions/generated-value/secret-type.ts'
import { settings } from '../../functions/generated-value/settings.ts'
import { secretsManagerStore } from '../../shared/aws/secrets-manager.ts'
import { createRedactor } from '../../shared/rotation/redact.ts'
import { rotate, type Surroundings } from '../../shared/rotation/rotate.ts'
import * as ofTests from '../functions/generated-value/secret-type.ts'
import { type SecretsManager, secretsManagerFor } from '../support/secrets-manager.ts'

describe('a run', () => {
  let secrets: SecretsManager
  beforeAll(async () => {
    secrets = await secretsManagerFor(ofTests.generatedValue.function)
  })
  afterAll(() => secrets[Symbol.asyncDispose]())

  /** Time that stands still but for what is slept, and chance that is none. */
  function surroundings(startsAt: number): Surroundings & { readonly slept: readonly number[] } {
    const { signal } = new AbortController()
    const slept: number[] = []
    let drawn = 0
    return {
      store: secretsManagerStore(secrets.client, signal),
      redactor: createRedactor(),
      signal,
      slept,
      did: () => undefined,
      count: () => undefined,
      remainingMs: () => 20_000,
      now: () => startsAt + slept.reduce((sum, ms) => sum + ms, 0),
      sleep: async (ms) => void slept.push(ms),
      randomBytes: (count) => Uint8Array.from({ length: count }, () => drawn++ % 256),
    }
  }
  const type = (overlap: boolean) => ({ ...generatedValue(settings({})), overlap })
  const step = (Step: string, secretId: string, token: string, around = surroundings(0), overlap = true) =>
    rotate(type(overlap), { Step, SecretId: secretId, ClientRequestToken: token }, around)

  it('makes the same value of the same chance, and tells the gap by the clock that it is given', async () => {
    const made: (string | undefined)[] = []
    for (let round = 0; round < 2; round++) {
      const { secretId, token, end } = await secrets.begin(await secrets.store('{"password":"to begin with"}'))
      await step('createSecret', secretId, token)
      const in2099 = surroundings(Date.UTC(2099, 0, 1))
      const { gapMs = 0 } = await step('finishSecret', secretId, token, in2099, false)
      expect(new Date(in2099.now() - gapMs).getUTCFullYear()).toBeLessThan(2099)
      await end()
      made.push(await secrets.value(secretId, 'AWSCURRENT'))
    }
    expect(made[0]).toMatch(/^\{"password":"[a-zA-Z].{31}"\}$/)
    expect(made[1]).toBe(made[0])
  })

  it('waits for what was written a moment ago by the clock that it is given', async () => {
    const { secretId } = await secrets.begin(await secrets.store('{"password":"to begin with"}'))
    const around = surroundings(0)
    await expect(step('createSecret', secretId, randomUUID(), around)).rejects.toMatchObject({ code: 'UnknownVersion' })
    expect(around.slept).toEqual([100, 200, 400, 800])
  })
})
