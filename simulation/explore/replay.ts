import type { Deviation } from './history.ts'
import { type Played, play } from './play.ts'
import type { Say } from './scene.ts'
import type { Stage } from './stage.ts'

/**
 * Plays the history that some deviations make.
 * @throws Error where one of them cannot happen at its moment
 */
export async function replay(stage: Stage, deviations: readonly Deviation[], say?: Say): Promise<Played> {
  const planned = new Map(deviations.map(({ at, what }) => [at, what]))
  const played = await play(
    stage,
    {
      at(moment, options) {
        const what = planned.get(moment)
        if (what === undefined || options().some((option) => option.what === what)) return what
        throw new Error(`"${what}" cannot happen at moment ${moment}.`)
      },
    },
    say,
  )
  const unused = deviations.find(({ at }) => at >= played.moments + 1)
  if (unused !== undefined) throw new Error(`The history ends before moment ${unused.at}.`)
  return played
}

/**
 * Makes a history shorter that breaks a predicate, for as long as it goes on breaking it: leaves out deviations, then moves them
 * nearer to the beginning. fast-check shrinks values; here a history must be played to know whether it may be left out.
 */
export async function shrink(stage: Stage, deviations: readonly Deviation[], predicate: string): Promise<Deviation[]> {
  const stillBroken = async (candidate: readonly Deviation[]) => {
    try {
      return (await replay(stage, candidate)).broken === predicate
    } catch {
      return false
    }
  }
  let best = [...deviations]
  for (let again = true; again; ) {
    again = false
    for (const candidate of shorter(best)) {
      if (!(await stillBroken(candidate))) continue
      best = candidate
      again = true
      break
    }
  }
  return best
}

function* shorter(deviations: readonly Deviation[]): Generator<Deviation[]> {
  for (let index = 0; index < deviations.length; index++) yield deviations.filter((_, other) => other !== index)
  for (const [index, { at, what }] of deviations.entries()) {
    const least = (deviations[index - 1]?.at ?? -1) + 1
    for (let earlier = least; earlier < at; earlier++)
      yield [...deviations.slice(0, index), { at: earlier, what }, ...moved(deviations.slice(index + 1), at - earlier)]
  }
}

/** Moves the later deviations to the front by the same distance, as far as that is possible. */
function moved(deviations: readonly Deviation[], by: number): Deviation[] {
  return deviations.map(({ at, what }) => ({ at: Math.max(at - by, 0), what }))
}
