import type { Surroundings } from '../../shared/rotation/rotate.ts'
import type { Outside } from './outside.ts'
import type { Target } from './target.ts'
import type { World } from './world.ts'

/** A kind of secret, as the simulation sees it. */
export interface SimulatedType {
  readonly name: string
  /** The parts of it that are the deployed code; all others are a model or a draft. */
  readonly real: string
  /** What lies below the model, which is therefore not simulated. */
  readonly below: string
  /** Set where a step makes so many calls that every pair of a fault and a preemption is left to `--deep`. */
  readonly isLarge?: true
  /** Set where the old value goes on working until the next rotation. */
  readonly overlap: boolean
  target(): Target
  /** The secret's value at the beginning. @param superuser the ARN of the superuser's secret */
  value(superuser: string): string
  /** The value of the superuser's secret, where there is one. */
  readonly superuser?: string
  /** Runs one step with the code of the function. */
  rotate(event: object, around: Surroundings, world: World, outside: Outside): Promise<unknown>
}
