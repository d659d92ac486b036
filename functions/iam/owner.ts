import '../../shared/http/error-codes.ts'
import type { Identity } from '../../shared/aws/sts.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { ours, say } from '../../shared/errors/words.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import type { AccessKeySecret } from './secret.ts'

/** Asks whose a key is, as `identityOf` of shared/aws/sts.ts does. */
export type IdentityOf = (key: Pick<AccessKeySecret, 'id' | 'secretKey'>, signal: AbortSignal) => Promise<Identity>

/** IAM needs seconds, now and then half a minute, until a new key is known everywhere. */
const settleMs = 30_000
/** The time that is kept for reporting what STS has said last. */
const restMs = 3_000

/**
 * The user whose the key is, by the word of STS. That the secret's own key works there is what gives the right to another
 * one: else whoever may write a secret could have the function make a key of any user that it manages.
 * @throws RotationError KeyRefused, KeyMismatch or InvalidSecret; what asking STS throws
 */
export async function ownerOf(
  secret: AccessKeySecret,
  identityOf: IdentityOf,
  { signal }: Pick<RotationContext, 'signal'>,
  label = 'AWSCURRENT',
) {
  const { id, userName } = secret
  const identity = await identityOf(secret, signal)
  if ('refusal' in identity) {
    throw new RotationError(
      'KeyRefused',
      say`STS refuses the key ${id} of ${ours(label)}: ${wordsOf(identity.refusal)}.`,
      {
        likely: say`The key was deleted or made inactive, or the secret was written by hand with a slip.`,
        remedy: say`Put a key that works with put-secret-value; "aws iam create-access-key --user-name NAME" makes one.`,
        retryable: false,
      },
    )
  }
  const { arn } = identity
  const name = /^arn:[^:]+:iam::\d+:user\/(?:.*\/)?([^/]+)$/.exec(arn)?.[1]
  if (name === undefined) {
    throw new RotationError(
      'InvalidSecret',
      say`The key ${id} of the secret is that of ${arn}, which is no IAM user.`,
      {
        likely: say`It belongs to the root user of the account, or to a session of a role.`,
        remedy: say`Rotate keys of IAM users only. The root user should have none.`,
      },
    )
  }
  if (userName !== undefined && userName !== name) {
    throw new RotationError(
      'KeyMismatch',
      say`"user_name" in the secret is ${userName}, but its key is that of ${name}.`,
      {
        remedy: say`Correct the secret with put-secret-value.`,
      },
    )
  }
  return { name, arn }
}

/**
 * Proves that a new key works, and that it is the same user's as the current one. STS is asked again for as long as it may
 * not know the key yet.
 * @throws RotationError KeyRefused, KeyMismatch; what asking STS throws
 */
export async function proveNewKey(
  pending: AccessKeySecret,
  current: AccessKeySecret,
  identityOf: IdentityOf,
  context: RotationContext,
): Promise<void> {
  const [arn, before] = await Promise.all([settled(pending, identityOf, context), identityOf(current, context.signal)])
  if ('refusal' in before) {
    // createSecret has proved whose it is; since then somebody has taken it out of use.
    return context.did(say`found the key ${current.id} of AWSCURRENT refused, with which it could not be compared`)
  }
  if (before.arn === arn) return
  throw new RotationError(
    'KeyMismatch',
    say`The pending key is that of ${arn}, the current one that of ${before.arn}.`,
    {
      remedy: say`Start the rotation anew with rotate-secret; each user's key stands in a secret of its own.`,
    },
  )
}

async function settled(pending: AccessKeySecret, identityOf: IdentityOf, context: RotationContext): Promise<string> {
  const until = context.now() + settleMs
  for (let pause = 500; ; pause = Math.min(pause * 2, 4_000)) {
    const identity = await identityOf(pending, context.signal)
    if ('arn' in identity) return identity.arn
    const { refusal } = identity
    const isOver = context.now() + pause > until || context.remainingMs() < pause + restMs || context.signal.aborted
    if (refusal === 'wrong secret' || isOver) {
      const retryable = refusal === 'unknown'
      throw new RotationError('KeyRefused', say`STS refuses the new key ${pending.id}: ${wordsOf(refusal)}.`, {
        retryable,
        remedy: retryable
          ? say`Nothing, if a later attempt succeeds; else "aws iam list-access-keys --user-name NAME" shows whether somebody has deleted it.`
          : say`Start the rotation anew with rotate-secret: the pending value was not stored as IAM gave it.`,
      })
    }
    await context.sleep(pause)
  }
}

function wordsOf(refusal: 'unknown' | 'wrong secret') {
  return refusal === 'unknown'
    ? say`it does not know it (InvalidClientTokenId), or not yet`
    : say`its secret half is not the right one (SignatureDoesNotMatch)`
}
