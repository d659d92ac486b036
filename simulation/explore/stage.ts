import { steps as allSteps } from '../../shared/rotation/event.ts'
import { startRun } from '../world/run.ts'
import type { SimulatedType } from '../world/simulated-type.ts'
import { newWorld, rotateSecret, type Snapshot, snapshotOf, type World } from '../world/world.ts'
import type { Ending } from './history.ts'
import type { Scenario } from './scenario.ts'
import { settled } from './settled.ts'

/** The state of a kind of secret in which all histories of a scenario begin. */
export interface Stage {
  readonly type: SimulatedType
  readonly scenario: Scenario
  readonly world: World
  readonly start: Snapshot
  /** The token of the rotation that runs. */
  readonly token: string
  /** The endings that were played before, by the state in which they began. */
  readonly endings: Map<string, Ending>
}

/**
 * Makes the place where the histories of a scenario begin: after one whole rotation, so that there is an AWSPREVIOUS, and the
 * steps that the scenario says were done.
 */
export async function stageFor(type: SimulatedType, scenario: Scenario): Promise<Stage> {
  const world = newWorld(type.target(), type.value, type.superuser ?? 'none')
  await run(allSteps)
  world.secrets.clock.set(3_600_000)
  const token = await run(scenario.before)
  return { type, scenario, world, start: snapshotOf(world), token, endings: new Map() }

  async function run(steps: Scenario['before']): Promise<string> {
    const token = rotateSecret(world)
    if (token === undefined) throw new Error('The rotation did not start.')
    for (const step of steps) {
      const { state, error } = await finished(startRun(world, type, { label: 'before', step, token }, true))
      if (state !== 'succeeded') throw new Error(`${type.name}: ${step} does not succeed undisturbed`, { cause: error })
    }
    return token
  }
}

async function finished<T>(run: T): Promise<T> {
  await settled()
  return run
}
