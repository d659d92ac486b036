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
  /** The human acts and the late arrivals of the history. */
  readonly marks: ReadonlySet<string>
}

export interface Explored {
  /** Histories that were played to their end. */
  readonly histories: number
  /** Histories that were not played on, because an earlier one was in the same state with the same budget left. */
  readonly joined: number
  readonly violations: readonly Violation[]
  /** How often each event was tried at each outside call, by `step: call`. */
  readonly tried: ReadonlyMap<string, ReadonlyMap<string, number>>
}

/** Called after each history, with all violations so far; gives false to end the exploration. */
export type GoOn = (histories: number, violations: readonly Violation[]) => boolean

interface Branch {
  readonly deviations: readonly Deviation[]
  readonly left: Budget
}

/**
 * Plays every history of a scenario that the budget allows, or as many as `goOn` lets it. Two orders of calls between which
 * nobody can tell a difference lead to the same state, and are played on once. (fast-check's scheduler draws orders by chance;
 * it cannot go through all of them.)
 * @param chance draws the next branch where not all can be played; without it the newest branch comes first
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

/** Removes a branch; the last one moves to its place. */
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
