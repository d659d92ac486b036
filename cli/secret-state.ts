import { lonePending, type SecretFacts } from './aws/secrets.ts'
import { hour, span } from './times.ts'

export type State = 'ok' | 'rotating' | 'stuck' | 'overdue' | 'off' | 'managed' | 'replica' | 'deleted'

export interface Verdict {
  readonly state: State
  /** For people: the state, with what is known besides. */
  readonly text: string
  /** Whether somebody has to do something. */
  readonly attention: boolean
}

/** Four steps of at most 15 minutes, the longest that Lambda lets a function run: no attempt takes longer. */
const longestAttempt = hour

/**
 * What is to be said of the rotation of a secret.
 * @param pendingSince when the version with AWSPENDING was made, where it has not become AWSCURRENT
 */
export function stateOf(secret: SecretFacts, pendingSince: number | undefined, now: number): Verdict {
  const { rotationEnabled, functionArn, nextRotation, deleted, owner, primaryRegion, type } = secret
  if (deleted !== undefined) return fine('deleted', `deleted, gone in ${span(deleted - now)}`)
  const region = regionOf(secret.arn)
  if (primaryRegion !== undefined && region !== undefined && primaryRegion !== region)
    return fine('replica', `replica of ${primaryRegion}`)
  const late = nextRotation !== undefined && nextRotation < now ? span(now - nextRotation) : undefined
  if (functionArn === undefined && (owner !== undefined || type !== undefined)) {
    const text = `managed by ${owner ?? type}`
    return late === undefined ? fine('managed', text) : attention('overdue', `${text}, overdue ${late}`)
  }
  if (lonePending(secret) !== undefined) {
    if (pendingSince === undefined || now - pendingSince <= longestAttempt) return fine('rotating', 'rotating')
    return attention('stuck', `stuck ${span(now - pendingSince)}`)
  }
  // Switched off where it was on once needs a look; where nobody ever wanted it, not.
  if (rotationEnabled !== true) return functionArn === undefined ? fine('off', 'off') : attention('off', 'off')
  return late === undefined ? fine('ok', 'ok') : attention('overdue', `overdue ${late}`)
}

/**
 * Whether AWSPENDING may be younger than the longest attempt: a secret that has not been changed for longer is stuck,
 * without a look at its versions.
 */
export function mayBeRotating({ lastChanged }: SecretFacts, now: number): boolean {
  return lastChanged === undefined || now - lastChanged <= longestAttempt
}

const fine = (state: State, text: string): Verdict => ({ state, text, attention: false })
const attention = (state: State, text: string): Verdict => ({ state, text, attention: true })

function regionOf(arn: string): string | undefined {
  return /^arn:[\w-]+:secretsmanager:([\w-]+):/.exec(arn)?.[1]
}
