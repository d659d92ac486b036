import { hash } from 'node:crypto'
import type { Cost } from './events.ts'
import type { Deviation, History } from './history.ts'
import { type Choices, play } from './play.ts'
import type { Next } from './scene.ts'
import { breathed } from './settled.ts'
import type { Stage } from './stage.ts'

/** How much a history may have of each kind of event. */
export type Budget = Readonly<Record<Exclude<Cost, 'free'>, number>>

export interface Violation {
  readonly predicate: string
  readonly history: History
  /** What somebody has done meanwhile, and what came too late. */
  readonly marks: ReadonlySet<string>
}

export interface Explored {
  /** Histories that were played to their end. */
  readonly histories: number
  /** Histories that came to a state that an earlier one had come to with as much left, and were not played on. */
  readonly joined: number
  readonly violations: readonly Violation[]
  /** What was tried at each outside call, by `step: call`; how often. */
  readonly tried: ReadonlyMap<string, ReadonlyMap<string, number>>
}

/** Called after each history, with all violations so far; gives false to end the exploration. */
export type GoOn = (histories: number, violations: readonly Violation[]) => boolean

interface Branch {
  readonly deviations: readonly Deviation[]
  readonly left: Budget
}

/**
 * Plays every history of a scenario that the budget allows, or as many as `goOn` lets it. Two orders of calls that make no difference to anybody lead to
 * the same state, and are played on once. (fast-check's scheduler draws orders by chance; it cannot go through all of them.)
 * @param chance draws what is played next, where not all of it will be; else it is what was opened last
 */
export async function explore(
  stage: Stage,
  budget: Budget,
  goOn: GoOn = () => true,
  chance?: () => number,
): Promise<Explored> {
  const seen = new Set<string>()
  const open: Branch[] = [{ deviations: [], left: budget }]
  const violations: Violation[] = []
  const tried = new Map<string, Map<string, number>>()
  let [histories, joined] = [0, 0]
  for (let branch = taken(open, chance); branch !== undefined; branch = taken(open, chance)) {
    const { deviations } = branch
    const played = await play(stage, choicesOf(branch, { seen, open, tried }))
    if (played.stopped) joined++
    else histories++
    const history = { type: stage.type.name, scenario: stage.scenario.name, deviations }
    const broken = played.broken === undefined ? [] : [played.broken]
    for (const predicate of [...played.brokenByHand, ...broken])
      violations.push({ predicate, history, marks: played.marks })
    if ((histories + joined) % 256 === 0) await breathed()
    if (!goOn(histories + joined, violations)) break
  }
  return { histories, joined, violations, tried }
}

/** Takes one out; the last one comes to its place. */
function taken(open: Branch[], chance: (() => number) | undefined): Branch | undefined {
  const last = open.pop()
  if (chance === undefined || last === undefined || open.length === 0) return last
  const at = Math.floor(chance() * (open.length + 1))
  const drawn = open[at]
  if (drawn === undefined) return last
  open[at] = last
  return drawn
}

interface Known {
  readonly seen: Set<string>
  readonly open: Branch[]
  readonly tried: Map<string, Map<string, number>>
}

/** Follows a branch to its end, and opens one for everything that can happen on the way from there. */
function choicesOf({ deviations, left }: Branch, { seen, open, tried }: Known): Choices {
  const last = deviations.at(-1)?.at ?? -1
  const planned = new Map(deviations.map(({ at, what }) => [at, what]))
  return {
    at(moment, options, state, next) {
      if (moment <= last) return planned.get(moment)
      const key = hash('sha1', `${left.fault}${left.preemption}${left.act}${state()}`, 'base64')
      if (seen.has(key)) return 'stop'
      seen.add(key)
      const counts = countsOf(tried, next)
      for (const { what, cost } of options()) {
        if (cost !== 'free' && left[cost] === 0) continue
        const rest = cost === 'free' ? left : { ...left, [cost]: left[cost] - 1 }
        open.push({ deviations: [...deviations, { at: moment, what }], left: rest })
        counts.set(what, (counts.get(what) ?? 0) + 1)
      }
      return undefined
    },
  }
}

function countsOf(tried: Known['tried'], next: Next | undefined): Map<string, number> {
  const call = next === undefined ? 'at the end' : `${next.run.step}: ${next.pending.call.name}`
  const known = tried.get(call) ?? new Map<string, number>()
  tried.set(call, known)
  return known
}
