import { isDeepStrictEqual } from 'node:util'
import type { LocalSecretsManager } from '../local/secrets-manager/start.ts'
import { steps } from '../shared/rotation/event.ts'
import { floorCaller, type Prepared } from './floor.ts'
import { generalised, type Moves, nothing, particular, withoutEnds } from './recording.ts'
import type { Order, Runner } from './runner-process.ts'
import type { RotatingSecret } from './secret.ts'
import type { BenchPlace, Recorder } from './target.ts'

interface Stage {
  readonly functionId: string
  readonly local: LocalSecretsManager
  readonly place: BenchPlace
  readonly runner: Runner
  readonly byFunction: RotatingSecret
  readonly byFloor: RotatingSecret
}

/** An even number: where two users take turns, the first two rotations make the second user, and come back to the first. */
const rounds = 6

/**
 * Records what the function does in some rotations, and has the floor do the same.
 * @returns the moves of the last two rotations, which are those of all that follow
 * @throws Error where the floor made another call or login than the function
 */
export async function recordings(stage: Stage): Promise<readonly [Moves, Moves]> {
  await using recorder = await stage.place.record()
  let last: readonly [Moves, Moves] = [nothing, nothing]
  for (let round = 0; round < rounds; round++) last = [last[1], await record(stage, recorder)]
  return last
}

/** The facts that the floor needs in a rotation of its own, to repeat the moves that were recorded in another one. */
export async function forFloor(secret: RotatingSecret, moves: Moves): Promise<Prepared> {
  const prepared = await secret.stage()
  return { ...prepared, moves: particular(moves, secret.particulars(rotationOf(prepared))) }
}

function rotationOf({ token, current, pending }: Omit<Prepared, 'moves'>) {
  return { token, current: current.value, pending: pending.value }
}

async function record({ functionId, local, runner, byFunction, byFloor }: Stage, recorder: Recorder): Promise<Moves> {
  local.calls.clear()
  const prepared = { ...(await byFunction.stage()), moves: nothing }
  const done = await stepByStep(runner, { as: 'function', prepared }, recorder)
  const moves = generalised(done, byFunction.particulars(await byFunction.last()))

  const floor = await forFloor(byFloor, moves)
  const copied = await stepByStep(runner, { as: 'floor', prepared: floor }, recorder)
  const copy = generalised(copied, byFloor.particulars(rotationOf(floor)))
  const callsBy = (caller: string) => local.calls.by(caller).map(({ operation }) => operation)
  if (!isDeepStrictEqual(callsBy(floorCaller).sort(), callsBy(functionId).sort()))
    throw new Error(`${functionId} calls ${callsBy(functionId)}, and its floor ${callsBy(floorCaller)}`)
  if (!isDeepStrictEqual(withoutEnds(copy), withoutEnds(moves)))
    throw new Error(`${functionId} does ${JSON.stringify(moves)}, and its floor ${JSON.stringify(copy)}`)
  return moves
}

async function stepByStep(runner: Runner, order: Omit<Order, 'steps'>, recorder: Recorder): Promise<Moves> {
  const moves: Partial<Record<keyof Moves, Moves[keyof Moves]>> = {}
  for (const step of steps) {
    await runner.run({ ...order, steps: [step] })
    moves[step] = await recorder.moves()
  }
  return { ...nothing, ...moves }
}
