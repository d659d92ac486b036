import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import type { Gate, Moment } from './fault-gate.ts'
import type { FaultProxy } from './fault-proxy.ts'
import type { SecretTypeUnderTest } from './secret-type.ts'
import { type Suite, suiteFor } from './suite.ts'

/** Lets all calls pass but one, which waits until it is let go. */
interface HoldingGate extends Gate {
  /** Holds the n-th call from now on; without arguments none. */
  arm(n?: number, moment?: Moment): void
  /** Names of the calls since then. */
  readonly calls: readonly string[]
  /** Resolves when the call has come. */
  held(): Promise<void>
  release(): void
}

function holdingGate(): HoldingGate {
  let calls: string[] = []
  let target: { readonly n: number; readonly moment: Moment } | undefined
  let came = Promise.withResolvers<void>()
  let go = Promise.withResolvers<boolean>()

  function passes(n: number, moment: Moment): boolean | Promise<boolean> {
    if (target?.n !== n || target.moment !== moment) return true
    came.resolve()
    return go.promise
  }
  return {
    arm(n, moment) {
      calls = []
      target = n === undefined || moment === undefined ? undefined : { n, moment }
      came = Promise.withResolvers<void>()
      go = Promise.withResolvers<boolean>()
    },
    get calls() {
      return calls
    },
    held: () => came.promise,
    release: () => go.resolve(true),
    arrive(name) {
      const n = calls.push(name)
      return { leaves: () => passes(n, 'before it leaves'), answers: () => passes(n, 'after it has arrived') }
    },
  }
}

/**
 * Two runs of setSecret on a real server: the first one is held at each call of its own, before it leaves and before its answer
 * comes, while the second one runs to its end, or until it waits for the first. This is what the simulation has no model of: SQL,
 * locks and sessions.
 * @param make the kind of secret; its targets must be reached through what asks the gate
 */
export async function heldRunsContract(
  make: (gate: Gate) => Promise<{ readonly type: SecretTypeUnderTest; readonly proxy: FaultProxy }>,
): Promise<void> {
  const gate = holdingGate()
  const { type, proxy } = await make(gate)
  const suite = await suiteFor(type)

  describe(`${type.title}, with two runs of setSecret`, { meta: { server: type.server } }, () => {
    for (const moment of ['before it leaves', 'after it has arrived'] as const) {
      it(`of which one is held at each call, ${moment}: the rotation goes on`, { timeout: 180_000 }, async () => {
        const count = await callsOf(suite, gate)
        expect(count).toBeGreaterThan(1)
        for (let n = 1; n <= count; n++) await holdAndRunBeside(suite, gate, n, moment)
      })
    }
    afterAll(async () => {
      await suite.secrets[Symbol.asyncDispose]()
      await proxy[Symbol.asyncDispose]()
    })
  })
}

/** How many calls setSecret makes by itself. */
async function callsOf({ secrets, stored }: Suite, gate: HoldingGate): Promise<number> {
  const rotation = await secrets.begin((await stored()).secretId)
  await rotation.run('createSecret')
  gate.arm()
  await rotation.run('setSecret')
  return gate.calls.length
}

/** For so long nothing comes from a run that waits at the server. */
const quietMs = 400

async function holdAndRunBeside(
  { secrets, stored }: Suite,
  gate: HoldingGate,
  n: number,
  moment: Moment,
): Promise<void> {
  const target = await stored()
  const rotation = await secrets.begin(target.secretId)
  await rotation.run('createSecret')
  gate.arm(n, moment)
  const first = rotation.attempt('setSecret')
  await Promise.race([gate.held(), first.then(() => Promise.reject(new Error(`setSecret makes no call ${n}`)))])
  const where = `held at call ${n} (${gate.calls[n - 1]}), ${moment}`
  try {
    await target.expectOneWorks()
    const second = rotation.attempt('setSecret')
    await Promise.race([second, isQuiet(gate)])
    await target.expectOneWorks()
    gate.release()
    const outcomes = await Promise.all([first, second])
    const said = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.error.errorMessage]))
    // One may have to be tried again: the service does that.
    expect(said.length).toBeLessThan(2)
    for (const message of said) expect(message).toContain('Trying again can help.')
    await target.expectOneWorks()
    await rotation.run('setSecret', 'testSecret', 'finishSecret')
    await target.expectPromoted(rotation, target.value)
    await rotation.end()
  } catch (error) {
    throw new Error(`${where}: ${error instanceof Error ? error.message : error}`, { cause: error })
  } finally {
    gate.release()
  }
}

async function isQuiet(gate: HoldingGate): Promise<void> {
  for (let before = -1; before !== gate.calls.length; await sleep(quietMs)) before = gate.calls.length
}
