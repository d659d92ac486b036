import { type LeftOver, leftOverOf } from './accepted.ts'
import { type Budget, explore, type GoOn, type Violation } from './explore/explore.ts'
import { textOf } from './explore/history.ts'
import type { Scenario } from './explore/scenario.ts'
import { stageFor } from './explore/stage.ts'
import type { SimulatedType } from './world/simulated-type.ts'

export interface ScenarioResult {
  readonly scenario: string
  readonly histories: number
  readonly joined: number
}

/** The result of exploring a kind of secret. */
export interface TypeResult {
  readonly type: SimulatedType
  readonly scenarios: readonly ScenarioResult[]
  /** How often each event was tried at each outside call, by `step: call`. */
  readonly tried: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** The left-overs that were seen, each with the shortest history. */
  readonly leftOvers: ReadonlyMap<LeftOver, Violation>
  /** Violations that are no left-overs, the shortest history of each predicate. */
  readonly defects: readonly Violation[]
}

/** How far an exploration goes. */
export interface Extent {
  /** Called after each history. @param part how much of the type's scenarios is behind us, from 0 to 1 */
  goOn?(histories: number, part: number): boolean
  readonly chance?: () => number
}

/** Explores all scenarios of a kind of secret, one budget after the other. */
export async function exploreType(
  type: SimulatedType,
  scenarios: readonly Scenario[],
  budgets: readonly Budget[],
  { goOn, chance }: Extent = {},
): Promise<TypeResult> {
  let part = 0
  const ended: GoOn = (count) => goOn?.(count, part / (scenarios.length * budgets.length)) ?? true
  const tried = new Map<string, Map<string, number>>()
  const leftOvers = new Map<LeftOver, Violation>()
  const defects = new Map<string, Violation>()
  const results: ScenarioResult[] = []
  for (const scenario of scenarios) {
    const stage = await stageFor(type, scenario)
    let [histories, joined] = [0, 0]
    for (const budget of budgets) {
      part++
      const explored = await explore(stage, budget, ended, chance)
      histories += explored.histories
      joined += explored.joined
      for (const violation of explored.violations) {
        const leftOver = leftOverOf(violation)
        if (leftOver === undefined) keepShortest(defects, violation.predicate, violation)
        else keepShortest(leftOvers, leftOver, violation)
      }
      for (const [call, counts] of explored.tried) addCounts(tried, call, counts)
    }
    results.push({ scenario: scenario.name, histories, joined })
  }
  return { type, scenarios: results, tried, leftOvers, defects: [...defects.values()] }
}

function keepShortest<K>(found: Map<K, Violation>, key: K, violation: Violation): void {
  const known = found.get(key)
  if (known === undefined || lengthOf(violation) < lengthOf(known)) found.set(key, violation)
}

/** Few events count more than short texts. */
const lengthOf = ({ history }: Violation) => history.deviations.length * 1_000 + textOf(history).length

function addCounts(tried: Map<string, Map<string, number>>, call: string, counts: ReadonlyMap<string, number>): void {
  const known = tried.get(call) ?? new Map<string, number>()
  for (const [what, count] of counts) known.set(what, (known.get(what) ?? 0) + count)
  tried.set(call, known)
}
