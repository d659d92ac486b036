import { hash } from 'node:crypto'
import { timeoutMs } from '../world/run.ts'
import { mark } from '../world/world.ts'
import { land } from './happen.ts'
import type { Ending } from './history.ts'
import type { Judge } from './judge.ts'
import { endRotation, isUnderWay } from './quiet.ts'
import { type Scene, stateOfScene } from './scene.ts'

/**
 * Ends a history, without further faults. The service ends the rotation; the late calls of dead runs arrive; and one
 * timeout later the secret is rotated once more.
 * @returns the verdict on the history
 */
export async function end(scene: Scene, judge: Judge): Promise<Ending> {
  const { endings } = scene.stage
  const state = hash('sha1', stateOfScene(scene), 'base64')
  const known = scene.say === undefined ? endings.get(state) : undefined
  if (known !== undefined) return known
  const broken = await ended(scene, judge)
  endings.set(state, broken)
  return broken
}

async function ended(scene: Scene, judge: Judge): Promise<Ending> {
  const { world, type } = scene.stage
  const ending = (broken: string | undefined): Ending => ({ broken, marks: world.marks })
  scene.say?.('No more faults.')
  // A rotation finds out what was broken by hand.
  if (isUnderWay(world) || judge.brokenByHand.size > 0) await endRotation(world, type, scene.say)
  const broken = judge.lookAtTheEnd()
  if (broken !== undefined) return ending(broken)
  while (scene.late.length > 0) land(scene)
  const afterwards = judge.look()
  if (afterwards !== undefined) return ending(afterwards)
  world.secrets.clock.set(world.secrets.clock.now() + timeoutMs + 60_000)
  mark(world, 'a timeout later')
  scene.say?.('A timeout later the secret is rotated again.')
  await endRotation(world, type, scene.say)
  return ending(judge.lookAtTheEnd())
}
