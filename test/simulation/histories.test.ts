import { describe, expect, it } from 'vitest'
import { defects } from '../../simulation/defects.ts'
import { parseHistory, textOf } from '../../simulation/explore/history.ts'
import { replay, shrink } from '../../simulation/explore/replay.ts'
import { outlived, steps } from '../../simulation/explore/scenario.ts'
import { stageFor } from '../../simulation/explore/stage.ts'
import { randomHistories } from '../../simulation/random-histories.ts'
import { tell } from '../../simulation/story.ts'
import { types } from '../../simulation/targets/types.ts'

const typeOf = (name: string) => {
  const found = types.find((type) => type.name === name)
  if (found === undefined) throw new Error(`There is no ${name}.`)
  return found
}

describe('a history', () => {
  it('is told again from its text, word for word', async () => {
    const text = 'postgres-single-user/set+next/4:late,28:land'
    expect(textOf(parseHistory(text))).toBe(text)
    const told = await tell(parseHistory(text))
    expect(await tell(parseHistory(text))).toEqual(told)
    expect(told.broken).toBe('nothing-half-promoted')
    const story = told.lines.join('\n')
    expect(story).toContain('run A: sets the password of app: is on its way when the run is killed')
    expect(story).toContain('run A is dead, but now it arrives: sets the password of app')
    expect(story).toContain('Broken: nothing-half-promoted. A value that becomes AWSCURRENT works')
  })

  it.each([
    ['nonsense', 'is not of the form'],
    ['postgres-single-user/set+set/x:B', 'is not of the form'],
    ['nobody/set+set/', 'There is no "nobody" here'],
    ['postgres-single-user/never/', 'There is no scenario "never"'],
    ['postgres-single-user/set+set/0:unanswered', '"unanswered" cannot happen at moment 0'],
    ['postgres-single-user/set+set/900:B', 'ends before moment 900'],
  ])('that cannot be is refused with a reason: %s', async (text, reason) => {
    await expect((async () => tell(parseHistory(text)))()).rejects.toThrow(reason)
  })

  it('is made as short as it can be', async () => {
    const stage = await stageFor(typeOf('postgres-single-user'), outlived)
    const short = parseHistory('postgres-single-user/set+next/4:late,28:land').deviations
    const { broken = '' } = await replay(stage, short)
    // Something that makes no difference, wherever it can happen.
    const tries = Array.from({ length: 20 }, (_, index) => ({ at: 6 + index, what: 'repeated' }))
    const longer = tries.map((more) => [...short.slice(0, 1), more, ...short.slice(1)])
    let shrunk = 0
    for (const long of longer) {
      const played = await replay(stage, long).catch(() => undefined)
      if (played?.broken !== broken) continue
      const found = await shrink(stage, long, broken)
      expect(found.length).toBe(short.length)
      expect((await replay(stage, found)).broken).toBe(broken)
      shrunk++
    }
    expect(shrunk).toBeGreaterThan(1)
  })

  it('leaves the world as it was for the next one', async () => {
    const stage = await stageFor(typeOf('mysql-dual-password'), steps[2] ?? outlived)
    const heard = async (deviations: Parameters<typeof replay>[1]) => {
      const lines: string[] = []
      await replay(stage, deviations, (line) => lines.push(line))
      return lines
    }
    const before = await heard([])
    await heard([{ at: 4, what: 'kill' }])
    expect(await heard([])).toEqual(before)
  })
})

describe('histories at random', () => {
  it.each(['mysql-dual-password', 'api-key', 'oauth-grace'])('%s keeps every promise', async (name) => {
    const { histories, defect } = await randomHistories(typeOf(name), 1, (count) => count < 400)
    expect(defect && textOf(defect.history)).toBeUndefined()
    expect(histories).toBe(400)
  })

  it('are the same for the same seed, and find a mistake', async () => {
    const careless = defects.find(({ what }) => what.startsWith('a key is revoked before'))?.type ?? typeOf('api-key')
    const hunt = async (seed: number) => randomHistories(careless, seed, (count) => count < 5_000)
    const found = await hunt(3)
    expect(found.defect?.predicate).toBe('no-labelled-one-revoked')
    expect(found.defect?.history.deviations.length).toBeLessThan(4)
    expect(await hunt(3)).toEqual(found)
  })
})
