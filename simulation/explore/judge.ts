import type { SimulatedType } from '../world/simulated-type.ts'
import { versionIdWith, type World } from '../world/world.ts'
import { type Predicate, predicates } from './predicates.ts'

/** Looks at a world after each event. */
export interface Judge {
  /** @returns the name of the first predicate that is broken now; the order is such that it tells most */
  look(): string | undefined
  /** @returns the name of a predicate that is broken when everything has ended */
  lookAtTheEnd(): string | undefined
  /** Predicates that somebody has broken at the target by hand. They need not hold before the remedy was carried out. */
  readonly brokenByHand: ReadonlySet<string>
}

const breakableByHand = ['some-version-works', 'current-works', 'previous-works', 'nothing-half-promoted']

export function judge(world: World, type: SimulatedType): Judge {
  const brokenByHand = new Set<string>()
  let isOver = false
  let current = versionIdWith(world, 'AWSCURRENT')

  function first(isBroken: (predicate: Predicate) => boolean): string | undefined {
    const byHand = (name: string) => !isOver && world.marks.has('password') && breakableByHand.includes(name)
    for (const predicate of predicates) {
      if (!isBroken(predicate)) continue
      if (!byHand(predicate.name)) return predicate.name
      brokenByHand.add(predicate.name)
    }
    return undefined
  }
  function look(): string | undefined {
    const now = versionIdWith(world, 'AWSCURRENT')
    // A version that an operator has made AWSCURRENT is the operator's concern.
    const moved = now !== current && now !== undefined && !isByHand(now)
    current = now
    return first((each) => each.whenever?.(world, type) === true || (moved && each.promoted?.(world, type) === true))
  }
  return {
    look,
    lookAtTheEnd() {
      isOver = true
      return look() ?? first((each) => each.atTheEnd?.(world, type) === true)
    },
    brokenByHand,
  }
}

function isByHand(token: string): boolean {
  return /^rotation-1\d\d-/.test(token)
}
