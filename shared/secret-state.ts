/** How it stands with the rotation of a secret: what `keyturn status` shows and the function Overdue counts. */

/** What AWS says of a secret without its value. Times are milliseconds since 1970. */
export interface SecretFacts {
  readonly arn: string
  readonly name: string
  readonly functionArn: string | undefined
  /** Undefined where rotation was never configured. */
  readonly rotationEnabled: boolean | undefined
  readonly lastRotated: number | undefined
  /** The end of the window of the next rotation. */
  readonly nextRotation: number | undefined
  readonly lastChanged: number | undefined
  readonly created: number | undefined
  /** When it will be gone. */
  readonly deleted: number | undefined
  /** The service of AWS that it belongs to. */
  readonly owner: string | undefined
  readonly primaryRegion: string | undefined
  /** Of a managed external secret: whose it is. */
  readonly type: string | undefined
  /** Whether it has the tag that says that rotation is off for good (`hasOffTag`): then it needs no attention. */
  readonly offOnPurpose: boolean
  /** Version id to its labels. */
  readonly labels: ReadonlyMap<string, readonly string[]>
}

export type State = 'ok' | 'rotating' | 'stuck' | 'overdue' | 'off' | 'managed' | 'replica' | 'deleted'

export interface Judgement {
  readonly state: State
  /** Whether somebody has to do something. */
  readonly attention: boolean
  /** How long it has been stuck or overdue, or how long a deleted secret still is there, in milliseconds. */
  readonly ms?: number
  /** The service of AWS that rotates it, or the Region of which it is a replica. */
  readonly of?: string | undefined
}

/** Whether a secret has the tag `keyturn:rotation` = `off`: its rotation is switched off for good. */
export function hasOffTag(
  tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[],
): boolean {
  return tags.some(({ Key, Value }) => Key === 'keyturn:rotation' && Value === 'off')
}

/** Four steps of at most 15 minutes, the longest that Lambda lets a function run: no attempt takes longer. */
const longestAttempt = 60 * 60_000

/**
 * What is to be said of the rotation of a secret.
 * @param pendingSince when the version with AWSPENDING was made, where it has not become AWSCURRENT
 */
export function judge(secret: SecretFacts, pendingSince: number | undefined, now: number): Judgement {
  const { rotationEnabled, functionArn, nextRotation, deleted, owner, primaryRegion, type } = secret
  if (deleted !== undefined) return { state: 'deleted', attention: false, ms: deleted - now }
  const region = regionOf(secret.arn)
  if (primaryRegion !== undefined && region !== undefined && primaryRegion !== region)
    return { state: 'replica', attention: false, of: primaryRegion }
  const late = nextRotation !== undefined && nextRotation < now ? now - nextRotation : undefined
  if (functionArn === undefined && (owner !== undefined || type !== undefined)) {
    const of = owner ?? type
    return late === undefined
      ? { state: 'managed', attention: false, of }
      : { state: 'overdue', attention: true, ms: late, of }
  }
  if (lonePending(secret) !== undefined) {
    if (pendingSince === undefined || now - pendingSince <= longestAttempt)
      return { state: 'rotating', attention: false }
    return { state: 'stuck', attention: true, ms: now - pendingSince }
  }
  // A rotation that was on once needs a look; one that was never configured, or that a tag says is off for good, does not.
  if (rotationEnabled !== true) return { state: 'off', attention: functionArn !== undefined && !secret.offOnPurpose }
  return late === undefined ? { state: 'ok', attention: false } : { state: 'overdue', attention: true, ms: late }
}

/**
 * Whether AWSPENDING may be younger than the longest attempt: a secret that has not been changed for longer is stuck,
 * without a look at its versions.
 */
export function mayBeRotating({ lastChanged }: SecretFacts, now: number): boolean {
  return lastChanged === undefined || now - lastChanged <= longestAttempt
}

/** The id of the version that carries a label. */
export function versionWith({ labels }: Pick<SecretFacts, 'labels'>, label: string): string | undefined {
  return [...labels].find(([, held]) => held.includes(label))?.[0]
}

/**
 * The version that a rotation has not promoted: AWSPENDING without AWSCURRENT. While there is one, RotateSecret starts no
 * other (API reference, RotateSecret).
 */
export function lonePending({ labels }: Pick<SecretFacts, 'labels'>): string | undefined {
  return [...labels].find(([, held]) => held.includes('AWSPENDING') && !held.includes('AWSCURRENT'))?.[0]
}

function regionOf(arn: string): string | undefined {
  return /^arn:[\w-]+:secretsmanager:([\w-]+):/.exec(arn)?.[1]
}
