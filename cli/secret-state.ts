import { type Judgement, judge, type SecretFacts, type State } from '../shared/secret-state.ts'
import { span } from './times.ts'

export interface Verdict {
  readonly state: State
  /** For people: the state with some details. */
  readonly text: string
  /** Whether somebody has to do something. */
  readonly attention: boolean
}

/**
 * The state of a secret's rotation, with words for people.
 * @param pendingSince when the version with AWSPENDING was made, where it has not become AWSCURRENT
 */
export function stateOf(secret: SecretFacts, pendingSince: number | undefined, now: number): Verdict {
  const judgement = judge(secret, pendingSince, now)
  return { state: judgement.state, attention: judgement.attention, text: textOf(judgement) }
}

function textOf({ state, ms = 0, of }: Judgement): string {
  switch (state) {
    case 'deleted':
      return `deleted, gone in ${span(ms)}`
    case 'replica':
      return `replica of ${of}`
    case 'managed':
      return `managed by ${of}`
    case 'overdue':
      return `${of === undefined ? '' : `managed by ${of}, `}overdue ${span(ms)}`
    case 'stuck':
      return `stuck ${span(ms)}`
    default:
      return state
  }
}
