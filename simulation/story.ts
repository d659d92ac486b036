import { type History, textOf } from './explore/history.ts'
import { predicates } from './explore/predicates.ts'
import { replay } from './explore/replay.ts'
import { scenarios } from './explore/scenario.ts'
import type { Stage } from './explore/stage.ts'
import { stageFor } from './explore/stage.ts'
import { types } from './targets/types.ts'

/** @throws Error where there is no such kind of secret or scenario */
export async function stageOf({ type, scenario }: Pick<History, 'type' | 'scenario'>): Promise<Stage> {
  const kind = types.find(({ name }) => name === type)
  if (kind === undefined)
    throw new Error(`There is no "${type}" here, but ${types.map(({ name }) => name).join(', ')}.`)
  const found = scenarios.find(({ name }) => name === scenario)
  if (found === undefined)
    throw new Error(`There is no scenario "${scenario}", but ${scenarios.map(({ name }) => name).join(', ')}.`)
  return stageFor(kind, found)
}

/**
 * Tells a history for a reader: who did what, a line for each event.
 * @throws Error where the history cannot happen
 */
export async function tell(history: History): Promise<{ readonly lines: readonly string[]; readonly broken?: string }> {
  const stage = await stageOf(history)
  const lines = [textOf(history)]
  const before = stage.scenario.before
  if (before.length > 0) lines.push(`Done before, undisturbed: ${before.join(', ')}.`)
  const { broken } = await replay(stage, history.deviations, (line) => lines.push(`  ${line}`))
  if (broken === undefined) return { lines: [...lines, 'All predicates hold.'] }
  return { lines: [...lines, `Broken: ${broken}. ${promiseOf(broken)}`], broken }
}

export function promiseOf(predicate: string): string {
  return predicates.find(({ name }) => name === predicate)?.promise ?? ''
}
