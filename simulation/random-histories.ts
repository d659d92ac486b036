import { leftOverOf } from './accepted.ts'
import type { Violation } from './explore/explore.ts'
import type { Deviation } from './explore/history.ts'
import { play } from './explore/play.ts'
import { randomChoices, seeded } from './explore/random.ts'
import { shrink } from './explore/replay.ts'
import { whole } from './explore/scenario.ts'
import { breathed } from './explore/settled.ts'
import { stageFor } from './explore/stage.ts'
import type { SimulatedType } from './world/simulated-type.ts'

/** The result of random histories of one kind of secret. */
export interface RandomResult {
  readonly histories: number
  readonly moments: number
  readonly leftOvers: number
  /** The first history that breaks a promise and shows no left-over, made as short as it can be. */
  readonly defect: Violation | undefined
}

/**
 * Plays whole rotations in which anything happens by chance, until one breaks a promise or `goOn` says no.
 * @param seed the same seed plays the same histories in the same order
 */
export async function randomHistories(
  type: SimulatedType,
  seed: number,
  goOn: (histories: number) => boolean,
): Promise<RandomResult> {
  const stage = await stageFor(type, whole)
  const chance = seeded(seed)
  let [histories, moments, leftOvers] = [0, 0, 0]
  while (goOn(histories)) {
    const deviations: Deviation[] = []
    const played = await play(stage, randomChoices(chance, deviations))
    histories++
    moments += played.moments
    if (histories % 64 === 0) await breathed()
    // Endings are remembered as long as they do not fill the memory.
    if (stage.endings.size > 100_000) stage.endings.clear()
    const { broken: predicate, marks } = played
    if (predicate === undefined) continue
    const history = { type: type.name, scenario: whole.name, deviations }
    if (leftOverOf({ predicate, history, marks }) !== undefined) leftOvers++
    else {
      const shortest = await shrink(stage, deviations, predicate)
      const defect = { predicate, history: { ...history, deviations: shortest }, marks }
      return { histories, moments, leftOvers, defect }
    }
  }
  return { histories, moments, leftOvers, defect: undefined }
}
