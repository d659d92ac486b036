import { setTimeout as sleep } from 'node:timers/promises'
import { RotateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Call, Fault } from '../../local/secrets-manager/service/calls.ts'
import { type Stuck, type StuckWorld, startStuckWorld, timeoutMs } from '../cli/doctor/stuck.ts'
import { keyturn, startKeyturn } from '../cli/keyturn.ts'

/** Each call is a secret, a rotation and two runs of the command. */
const patience = 600_000

let world: StuckWorld
beforeAll(async () => {
  world = await startStuckWorld()
})
afterAll(() => world?.[Symbol.asyncDispose]())
beforeEach(() => {
  world.onCall = () => undefined
})

const caller = 'operator'
const isWrite = ({ operation }: Call) => operation === 'UpdateSecretVersionStage' || operation === 'RotateSecret'
const fix = (name: string) => keyturn(['doctor', name, '--fix', '--yes'], { ...world.local, caller })
const setSecret = ({ arn, pending }: Stuck) =>
  world.invoke({ Step: 'setSecret', SecretId: arn, ClientRequestToken: pending })

/** The calls of the operator, in order, in a rotation that is stuck in a step; `each` does something at one of them. */
function atCall(wanted: number, each: (call: Call) => Fault | undefined | Promise<Fault | undefined>) {
  const seen = { calls: 0, last: undefined as Call | undefined }
  world.onCall = (call) => {
    if (call.caller !== caller) return undefined
    seen.calls++
    if (seen.calls !== wanted) return undefined
    seen.last = call
    return each(call)
  }
  return seen
}

/** Kills the command at its n-th call, with SIGKILL. @returns what it had said; undefined where it made fewer calls */
async function killedAt(
  wanted: number,
  name: string,
  arrives: boolean,
): Promise<{ out: string; call: Call } | undefined> {
  const { child, output, exit } = startKeyturn(['doctor', name, '--fix', '--yes'], { ...world.local, caller })
  const seen = atCall(wanted, () => {
    child.kill('SIGKILL')
    return arrives ? undefined : { hangUp: 'before' }
  })
  await exit
  world.onCall = () => undefined
  await world.local.settled()
  return seen.last && { out: output.stdout, call: seen.last }
}

describe.each([
  ['setSecret', 'AWSCURRENT works, AWSPENDING does not'],
  ['testSecret', 'AWSPENDING works, AWSCURRENT does not'],
] as const)('--fix of a rotation that has failed in %s (%s)', (step, _state) => {
  it.each([
    ['before it leaves', false],
    ['when it has arrived', true],
  ])(
    'killed at each call %s, leaves AWSCURRENT no worse, and --fix ends it',
    async (_when, arrives) => {
      let kills = 0
      for (let call = 1; ; call++) {
        const stuck = await world.stuckAt(step)
        await sleep(timeoutMs + 100)
        const before = await world.working(stuck.arn)
        world.mended = step === 'testSecret'
        const killed = await killedAt(call, stuck.name, arrives)
        if (killed === undefined) break
        // A call that only reads is the same before and after.
        if (!arrives || isWrite(killed.call)) kills++
        const after = await world.working(stuck.arn)
        expect({ call, current: after.current || !before.current }).toEqual({ call, current: true })
        expect((await world.logsIn(stuck.arn, stuck.pending)) || after.current).toBe(true)
        world.mended = true
        await sleep(timeoutMs + 100)
        await fix(stuck.name)
        expect({ call, ...(await world.working(stuck.arn)) }).toMatchObject({ call, current: true })
      }
      expect(kills).toBeGreaterThan(arrives ? 0 : 4)
    },
    patience,
  )
})

describe('--fix against a rotation that goes on', () => {
  it(
    'a setSecret that runs at any of its calls leaves a version that works, and says which',
    async () => {
      let last = 0
      for (let call = 1; ; call++) {
        const stuck = await world.stuckAt('setSecret')
        await sleep(timeoutMs + 100)
        const seen = atCall(call, async () => {
          await setSecret(stuck)
          world.mended = true
          return undefined
        })
        const { stdout } = await fix(stuck.name)
        if (seen.last === undefined) break
        last = call
        const after = await world.working(stuck.arn)
        const works = after.current || after.pending === true
        expect({ call, works: works || stdout.includes(`--move-to-version-id ${stuck.pending}`) }).toEqual({
          call,
          works: true,
        })
        world.mended = true
        await fix(stuck.name)
        expect({ call, ...(await world.working(stuck.arn)) }).toMatchObject({ call, current: true })
      }
      expect(last).toBeGreaterThan(4)
    },
    patience,
  )

  it(
    'a rotation that is taken up at any of its calls succeeds, or can be started again',
    async () => {
      let last = 0
      for (let call = 1; ; call++) {
        const stuck = await world.stuckAt('setSecret')
        await sleep(timeoutMs + 100)
        world.mended = true
        const rotate = () => world.client.send(new RotateSecretCommand({ SecretId: stuck.arn })).catch(() => undefined)
        const seen = atCall(call, async () => {
          await rotate()
          return undefined
        })
        await fix(stuck.name)
        if (seen.last === undefined) break
        last = call
        await world.local.settled()
        if (!(await world.working(stuck.arn)).current) await fix(stuck.name)
        await rotate()
        await world.local.settled()
        expect({ call, ...(await world.working(stuck.arn)) }).toMatchObject({ call, current: true })
      }
      expect(last).toBeGreaterThan(4)
    },
    patience,
  )

  it('a kill after the removal, while a setSecret ends, comes after the words on how to put the label back', async () => {
    const stuck = await world.stuckAt('setSecret')
    await sleep(timeoutMs + 100)
    const { child, output, exit } = startKeyturn(['doctor', stuck.name, '--fix', '--yes'], { ...world.local, caller })
    world.onCall = async ({ operation, caller: who }) => {
      if (operation !== 'UpdateSecretVersionStage' || who !== caller) return undefined
      world.onCall = () => undefined
      await setSecret(stuck)
      child.kill('SIGKILL')
      return undefined
    }
    await exit
    expect(await world.working(stuck.arn)).toMatchObject({ current: false, pending: undefined })
    expect(await world.logsIn(stuck.arn, stuck.pending)).toBe(true)
    expect(output.stdout).toContain(`--version-stage AWSPENDING --move-to-version-id ${stuck.pending}`)
  })
})
