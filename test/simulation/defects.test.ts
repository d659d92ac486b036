import { describe, expect, it } from 'vitest'
import { perStep } from '../../simulation/budgets.ts'
import { type Defect, defects } from '../../simulation/defects.ts'
import { explore, type Violation } from '../../simulation/explore/explore.ts'
import { textOf } from '../../simulation/explore/history.ts'
import { predicates } from '../../simulation/explore/predicates.ts'
import { replay } from '../../simulation/explore/replay.ts'
import { steps } from '../../simulation/explore/scenario.ts'
import { stageFor } from '../../simulation/explore/stage.ts'
import { types } from '../../simulation/targets/types.ts'

/** Explores until a predicate is broken. */
async function hunt({ type, breaks, budget = perStep(type)[0] }: Pick<Defect, 'type' | 'breaks' | 'budget'>) {
  let histories = 0
  for (const scenario of steps) {
    let found: Violation | undefined
    const stage = await stageFor(type, scenario)
    if (budget === undefined) throw new Error('There is no budget.')
    await explore(stage, budget, (_count, violations) => {
      histories++
      found = violations.find(({ predicate }) => predicate === breaks)
      return found === undefined
    })
    if (found !== undefined) return { histories, found, stage }
  }
  return { histories, found: undefined, stage: undefined }
}

describe('a mistake that is made on purpose is found', () => {
  it.each(defects.map((defect) => [defect.what, defect] as const))('%s', async (what, defect) => {
    const { histories, found, stage } = await hunt(defect)
    if (found === undefined) throw new Error(`${defect.breaks} was not broken in ${histories} histories`)
    console.info(`${what}: after ${histories} histories, ${textOf(found.history)}`)
    expect(await replay(stage, found.history.deviations)).toMatchObject({ broken: defect.breaks })
  })

  it('and the code without it breaks nothing in the same histories', async () => {
    for (const { type, breaks, budget, what } of defects) {
      // What one fault and one preemption break is known from the exploration.
      if (budget === undefined) continue
      const sound = types.find(({ name }) => name === type.name)
      if (sound === undefined) throw new Error(`There is no ${type.name}.`)
      expect([what, (await hunt({ type: sound, breaks, budget })).found]).toEqual([what, undefined])
    }
  })

  it('every predicate is broken by one of the mistakes', () => {
    const broken = new Set(defects.map(({ breaks }) => breaks))
    expect(predicates.map(({ name }) => name).filter((name) => !broken.has(name))).toEqual([])
    expect(defects.length).toBeGreaterThanOrEqual(12)
  })
})
