import type { CloneChange, CloneNames } from '../database/engine.ts'
import { RotationError } from '../errors/rotation-error.ts'
import { say } from '../errors/words.ts'
import { type Difference, isRight, statementsOf, takesAway } from './differences.ts'

/** How an engine makes the accounts of a clone equal to those of the base. */
export interface EqualWork<State> {
  /** What is granted first can bring to light what is to be revoked then: after so many rounds nothing more is tried. */
  readonly mostRounds: number
  read(): Promise<State>
  differences(state: State): readonly Difference[]
  /** Before anything is changed: throws what keeps the two from being made equal. */
  check(state: State, differences: readonly Difference[]): Promise<void>
  /** Carries one of them out; repeating it is harmless. */
  carryOut(difference: Difference): Promise<void>
  /** In words, for an error. */
  describe(differences: readonly Difference[]): string
}

/**
 * Reads, compares and changes the clone until nothing differs. No statement depends on how far an earlier run got.
 * @returns what was read last
 * @throws RotationError PrivilegesDiffer where the two do not become equal, and whatever the work throws
 */
export async function makeEqual<State>(work: EqualWork<State>, { base, clone }: CloneNames): Promise<State> {
  for (let round = 0; ; round++) {
    const state = await work.read()
    const differences = work.differences(state)
    if (round === 0) await work.check(state, differences)
    if (differences.length === 0) return state
    if (round === work.mostRounds) {
      const what = work.describe(differences)
      throw new RotationError('PrivilegesDiffer', say`${clone} could not be made equal to ${base}: ${what}.`)
    }
    for (const difference of differences) await work.carryOut(difference)
  }
}

/**
 * What the clone has beyond the base is out of date; but where the clone is the login in use, somebody may need it: it was
 * given to the name that stood in the secret, or taken from the other. Which of the two, only people know.
 * @param describe what would be lost, in words
 * @throws RotationError PrivilegesDiffer
 */
export function checkNothingIsLost(
  differences: readonly Difference[],
  { base, clone, username }: CloneChange,
  describe: (lost: readonly Difference[]) => string,
): void {
  const lost = differences.filter(takesAway)
  if (username === clone || lost.length === 0) return
  // What takes the place of what is lost comes first: on MySQL, the base as a role, where another function made the clone.
  const gained = differences.filter((each) => isRight(each) && !takesAway(each))
  const first = gained.length === 0 ? '' : `if ${clone} is its second login, in this order: ${statementsOf(gained)} `
  throw new RotationError('PrivilegesDiffer', say`${clone} is in use, and ${describe(lost)}.`, {
    likely: say`It was granted to the login that the secret named, or revoked from ${base} alone.`,
    remedy: say`GRANT it to ${base}, or ${first}${statementsOf(lost)} Then rotate again.`,
    // Only people know which of the two is right.
    retryable: false,
  })
}
