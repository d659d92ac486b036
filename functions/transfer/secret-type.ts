import '../../shared/database/error-codes.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import type { SecretType, Versions } from '../../shared/rotation/secret-type.ts'
import { doorsOf } from '../../shared/ssh-protocol/doors.ts'
import { nextKeyType } from '../../shared/ssh-protocol/key-types.ts'
import { marksIn, naming, ownerOf, saidIn, shortName } from '../../shared/ssh-protocol/marks.ts'
import { newKey } from '../../shared/ssh-protocol/new-key.ts'
import type { PrivateKey } from '../../shared/ssh-protocol/private-key.ts'
import { publicKeyLine } from '../../shared/ssh-protocol/public-key.ts'
import { checkSame, type KeySecret, keyOf, keySecretForm, withKey } from '../../shared/ssh-protocol/secret.ts'
import type { UserKey, UserKeys } from '../../shared/ssh-protocol/user-keys.ts'
import { probeUser } from './probe.ts'
import type { TransferSettings } from './settings.ts'
import { type TransferTarget, targetOf } from './target.ts'

/** A server may take a moment until it lets a new key in. */
const settleMs = 3_000
const mostTries = 3

/**
 * Key pairs of a user of AWS Transfer Family, who has several keys at once: the new one is imported beside the current one,
 * and the one before is deleted. An application that has cached a value goes on logging in until the next rotation.
 */
export function transferUserKey(users: UserKeys, { region, rsaBits }: TransferSettings): SecretType<KeySecret> {
  return {
    ...keySecretForm,
    overlap: true,
    async create({ current }, context) {
      const secret = await current()
      targetOf(secret, region)
      return withKey(secret, await newKey(nextKeyType(undefined, secret.key, rsaBits), secret.key, context))
    },
    async set(versions, context) {
      const [target, current] = [targetOf(versions.pending, region), await versions.current()]
      checkSame(userIn(target), userIn(targetOf(current, region)))
      await setKeys(versions, keyOf(versions.pending), target, users, context)
    },
    async test({ pending }, context) {
      const [key, target] = [keyOf(pending), targetOf(pending, region)]
      if (!(await users.list(target, context.signal)).some((each) => isOf(each, key))) {
        const what = say`The user ${target.username} of ${target.serverId} does not have the pending key.`
        throw new RotationError('LoginRefused', what, {
          likely: say`setSecret has not run for it, or somebody has deleted the key.`,
          remedy: say`Run the rotation again: setSecret imports it.`,
        })
      }
      await proveLogin(key, target, context)
    },
    probe: (versions, context) => probeUser(versions, users, region, context),
  }
}

/**
 * Imports first and deletes afterwards, so that a user never has fewer keys that let in than before: at most three are
 * this secret's for a moment.
 */
async function setKeys(
  { current: currentVersion, previous: previousVersion, isStillPending }: Versions<KeySecret>,
  pending: PrivateKey,
  target: TransferTarget,
  users: UserKeys,
  context: RotationContext,
): Promise<void> {
  const keys = await users.list(target, context.signal)
  const { key: current } = await currentVersion()
  const owner = ownerOf(context)
  if (!keys.some((each) => isOf(each, pending))) {
    const mark = `${owner}${context.token}${naming('after', current?.publicKey)}`
    await users.add(target, `${publicKeyLine(pending.publicKey)} ${mark}`, context.signal)
    context.did(say`imported the new key`)
  }
  const ofCurrent = keys.filter((each) => isOf(each, current))
  // Without the current key on the server, an older one may be what everybody uses.
  if (ofCurrent.length === 0) return
  const comments = ofCurrent.map(({ comment }) => comment)
  const before = saidIn(marksIn(comments, owner), 'after')
  // Keys that a rotation has imported say what was before them.
  const previous = before.length > 0 ? undefined : (await previousVersion())?.key
  for (const each of keys) {
    if (isOf(each, current) || isOf(each, pending)) continue
    const known = each.key !== undefined && before.includes(shortName(each.key))
    if (!known && !isOf(each, previous)) {
      if (!each.comment.includes(owner)) continue
      // Of a rotation that was dropped; or of one that has begun since, if it is this one that was dropped.
      if (!(await isStillPending())) {
        throw new RotationError(
          'NotPending',
          say`The user has a key of a later rotation, and version ${context.token} is not AWSPENDING any more. It was left there.`,
        )
      }
    }
    await users.remove(target, each.id, context.signal)
    context.did(say`deleted the key before, ${each.id}`)
  }
}

/** Only where the host keys are known: an endpoint that is in a VPC, or has none pinned, is not logged in to. */
async function proveLogin(key: PrivateKey, target: TransferTarget, context: RotationContext): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await logIn(key, target, context)
    } catch (error) {
      const settles = error instanceof RotationError && error.code === 'LoginRefused' && tries < mostTries
      if (!settles || context.remainingMs() < 2 * settleMs) throw error
      await context.sleep(settleMs)
    }
  }
}

/** A function of its own: esbuild 0.28 has `using` in a loop throw the error of an earlier round again. */
async function logIn(key: PrivateKey, { endpoint, username }: TransferTarget, context: RotationContext): Promise<void> {
  if (endpoint === undefined) return
  using doors = doorsOf(context)
  using _connection = await doors.open(endpoint, { username, key })
  context.did(say`logged in with the new key`)
}

function isOf(each: UserKey, key: PrivateKey | undefined): boolean {
  return key !== undefined && each.key?.blob.equals(key.publicKey.blob) === true
}

/** The parts of a target that no rotation may change, by the names of their fields. */
function userIn({ serverId, username }: TransferTarget) {
  return { server_id: serverId, username }
}
