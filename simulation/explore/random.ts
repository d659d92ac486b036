import type { Budget } from './explore.ts'
import type { Deviation } from './history.ts'
import type { Choices } from './play.ts'

/** How likely each kind of event is, where it can happen. */
const weights = { fault: 0.04, preemption: 0.1, act: 0.01, free: 0.15 } as const

/** The most events of a random history: more would only hide which of them mattered. */
export const mostOfEach: Budget = { fault: 4, preemption: 8, act: 2 }

/** Chance that is the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Chooses what happens at each moment of a history by chance, and notes it. */
export function randomChoices(chance: () => number, noted: Deviation[]): Choices {
  const left = { ...mostOfEach }
  return {
    at(moment, options) {
      const kind = pick(chance())
      if (kind === undefined || (kind !== 'free' && left[kind] === 0)) return undefined
      const possible = options().filter(({ cost }) => cost === kind)
      const chosen = possible[Math.floor(chance() * possible.length)]
      if (chosen === undefined) return undefined
      if (kind !== 'free') left[kind]--
      noted.push({ at: moment, what: chosen.what })
      return chosen.what
    },
  }
}

function pick(number: number): keyof typeof weights | undefined {
  let sum = 0
  for (const [kind, weight] of Object.entries(weights) as [keyof typeof weights, number][]) {
    sum += weight
    if (number < sum) return kind
  }
  return undefined
}
