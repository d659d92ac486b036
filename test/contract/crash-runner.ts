import { afterAll, describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../shared/errors/catalogue.ts'
import type { Step } from '../../shared/rotation/event.ts'
import { findLeak } from '../support/leaks.ts'
import { codeOf } from '../support/outcome.ts'
import { fourSteps, type RotationByHand, type SecretsManager, secretsManagerFor } from '../support/secrets-manager.ts'
import { createFaultGate, type FaultGate, type Moment } from './fault-gate.ts'
import { awsProxy, type FaultProxy } from './fault-proxy.ts'
import type { SecretTypeUnderTest } from './secret-type.ts'
import { type StoredTarget, storedTarget } from './suite.ts'
import { type Victims, victimsOf } from './victims.ts'

export interface CrashPlan {
  /** Makes the kind of secret; its targets must be reached through what counts at the gate. */
  type(gate: FaultGate): Promise<{ readonly type: SecretTypeUnderTest; readonly proxy?: FaultProxy }>
  /** How often a secret has been rotated before, so that there is something of an earlier rotation to remove. */
  readonly rotatedBefore?: number
  /** Makes what a killed run has left look older, where other runs wait for the end of its time. */
  afterKill?(secrets: SecretsManager, secretId: string): Promise<void>
  /** The calls at which a kill may lose an answer for good, and the code that later runs end with. */
  readonly window?: { readonly code: ErrorCode; readonly isIn: (n: number, moment: Moment) => boolean }
  /** How many outside calls each step that is to be killed makes. */
  readonly calls: Partial<Record<Step, number>>
}

/**
 * Kills the function with SIGKILL, in a process of its own, at every outside call it makes: once before the call leaves,
 * once after it has been carried out. Then runs the four steps again, as Secrets Manager does.
 */
export async function crashContract(plan: CrashPlan): Promise<void> {
  const gate = createFaultGate()
  const { type, proxy } = await plan.type(gate)
  const secrets = await secretsManagerFor(type.function, type.secretsManager)
  const through = await awsProxy(secrets.local.endpoint, gate)
  const victims = await victimsOf(type.function, () => through.url)
  const bench = { plan, type, secrets, gate, victims, seen: new Set<string>(), rotatedBefore: plan.rotatedBefore ?? 0 }

  describe(`${type.title}, killed`, { meta: { server: type.server } }, () => {
    for (const [step, count] of Object.entries(plan.calls) as [Step, number][]) {
      it(`${step} makes ${count} outside calls`, async () => {
        const { rotation } = await arriveAt(step, bench)
        gate.arm()
        const victim = await victims.next()
        const outcome = await victim.invoke(eventOf(step, rotation))
        expect(outcome.ok, JSON.stringify(outcome)).toBe(true)
        expect(gate.calls, gate.calls.join()).toHaveLength(count)
        await victim.close()
      })
      for (const moment of ['before it leaves', 'after it has arrived'] as const) {
        it(
          `${step} may be killed at any outside call, ${moment}, and run again`,
          async () => {
            for (let n = 1; n <= count; n++) await killAndRunAgain(step, n, moment, bench)
          },
          Math.max(120_000, count * 10_000),
        )
      }
    }

    it('leaves no secret value in what the killed functions have said', () => {
      expect(victims.output()).toContain('"message":"step succeeded"')
      expect(findLeak(victims.output(), [...bench.seen, ...secrets.rotationTokens()])).toBeUndefined()
    })

    afterAll(async () => {
      await victims.close()
      await Promise.all([secrets[Symbol.asyncDispose](), through[Symbol.asyncDispose]()])
      await proxy?.[Symbol.asyncDispose]()
    })
  })
}

interface Bench {
  readonly plan: CrashPlan
  readonly type: SecretTypeUnderTest
  readonly secrets: SecretsManager
  readonly gate: FaultGate
  readonly victims: Victims
  /** Secret values so far. */
  readonly seen: Set<string>
  readonly rotatedBefore: number
}

/** A rotation of a new target of which all steps before this one have run. */
async function arriveAt(step: Step, { type, secrets, seen, rotatedBefore }: Bench) {
  const stored = await storedTarget(type, secrets, await type.fresh(secrets), seen)
  for (let n = 0; n < rotatedBefore; n++) await secrets.rotate(stored.secretId)
  const target = { ...stored, value: await stored.stagedValue('AWSCURRENT') }
  const rotation = await secrets.begin(target.secretId)
  await rotation.run(...fourSteps.slice(0, fourSteps.indexOf(step)))
  return { target, rotation }
}

async function killAndRunAgain(step: Step, n: number, moment: Moment, bench: Bench): Promise<void> {
  const { gate, victims } = bench
  const { target, rotation } = await arriveAt(step, bench)
  const victim = await victims.next()
  gate.arm(n, moment, () => victim.kill())
  const outcome = await victim.invoke(eventOf(step, rotation))
  const where = `${step}, killed at call ${n} (${gate.calls[n - 1]}), ${moment}`
  expect(gate.fired, `${where}: was not killed`).toBe(true)
  expect(codeOf(outcome), where).toBe('Runtime.ExitError')
  gate.arm()
  await bench.plan.afterKill?.(bench.secrets, target.secretId)
  const { window } = bench.plan
  if (window?.isIn(n, moment) !== true) return naming(where, target, rotation)
  await target.expectOneWorks()
  const again = await rotation.attempt(step)
  expect(codeOf(again), where).toBe(window.code)
  await target.expectOneWorks()
}

async function naming(where: string, target: StoredTarget, rotation: RotationByHand): Promise<void> {
  try {
    await target.expectOneWorks()
    for (const step of fourSteps) {
      await rotation.run(step)
      await target.expectOneWorks()
    }
    await target.expectPromoted(rotation, target.value)
  } catch (error) {
    throw new Error(`${where}: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
}

function eventOf(
  Step: Step,
  { secretId: SecretId, token: ClientRequestToken, rotationToken: RotationToken }: RotationByHand,
) {
  return { Step, SecretId, ClientRequestToken, RotationToken }
}
