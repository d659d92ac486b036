import '../../shared/aws/iam-error-codes.ts'
import type { AccessKey, AccessKeys, LastUse, NewAccessKey } from '../../shared/aws/iam.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { ours, say, type Words } from '../../shared/errors/words.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import type { EarlierVersions } from '../../shared/rotation/secret-type.ts'
import type { AccessKeySecret } from './secret.ts'

/** How long another run that has made a key may need until it has stored it. */
const patienceMs = 4_000
const pauseMs = 500
/** For so long after a key was made it may have been testSecret, perhaps in a later attempt, that has used it. */
const testedWithinMs = 15 * 60_000

/** A user, whose second place for a key is to hold the next one. */
export interface Slots {
  readonly userName: string
  readonly versions: EarlierVersions<AccessKeySecret>
  readonly accessKeys: AccessKeys
  readonly context: RotationContext
}

/**
 * Makes room and has IAM make a key. A user has two at the most, and IAM takes no mark on them.
 * @throws RotationError AccessKeyUnknown, AccessKeySlotTaken, AccessKeySlotBusy; what the calls throw
 */
export async function newKey(slots: Slots): Promise<NewAccessKey> {
  const { userName, versions, accessKeys, context } = slots
  for (let waited = 0; ; waited += pauseMs) {
    const key = (await makeRoom(slots)) ? await accessKeys.create(userName, context.signal) : undefined
    if (key !== undefined) return key
    const isOver = waited >= patienceMs || context.remainingMs() < 2 * pauseMs || context.signal.aborted
    if (isOver || (await versions.isStored())) {
      throw new RotationError(
        'AccessKeySlotBusy',
        say`The user ${userName} has no place for a key at this moment: one was made a moment ago, and no version has it.`,
      )
    }
    await context.sleep(pauseMs)
  }
}

/** @returns whether there is room; where not, another run may be about to store what fills it */
async function makeRoom({ userName, versions, accessKeys, context }: Slots): Promise<boolean> {
  const { signal, oldestRun } = context
  const [current, previous, labelled, keys] = await Promise.all([
    versions.current(),
    versions.previous(),
    versions.labelledByOthers(),
    accessKeys.list(userName, signal),
  ])
  const own = keys?.find(({ id }) => id === current.id)
  if (keys === undefined || own === undefined) {
    const what = say`In this account there is no user ${userName} with the key ${current.id}.`
    throw new RotationError('AccessKeyUnknown', what)
  }
  for (const key of keys.filter(({ id }) => id !== current.id)) {
    const { id, created } = key
    const isSomebodys = labelled.some((text) => text.includes(id))
    if (id === previous?.id && !isSomebodys) {
      // The grace of the key before the last one is over.
      if (key.isActive) await accessKeys.deactivate(userName, id, signal)
      await accessKeys.remove(userName, id, signal)
      context.did(say`deleted the key ${id} of AWSPREVIOUS`)
      continue
    }
    // IAM's times are in whole seconds: a key of the same second may be of the rotation after that of the one in use.
    const isOlder = created < own.created
    if (!isSomebodys && !isOlder && created > oldestRun) return false
    const used = await accessKeys.lastUse(id, signal)
    if (isSomebodys) throw taken(userName, key, used, say`a version with a label of somebody's own has it`)
    if (isOlder) {
      const why = say`it is in no version with a label, and was made before the one in use`
      throw taken(userName, key, used, why, previous?.id === current.id ? edited(context.secretId) : undefined)
    }
    // Nobody but testSecret, right after it was made, can have used a key that no version has kept.
    const isUsed = used !== undefined && !(used.service === 'sts' && used.time < created + testedWithinMs)
    if (isUsed) throw taken(userName, key, used, say`somebody uses it`)
    await accessKeys.remove(userName, id, signal)
    context.did(say`deleted the key ${id}, which an earlier run had made and no version has`)
  }
  return true
}

/** The likely cause where put-secret-value has moved AWSPREVIOUS to the key in use. */
function edited(secretId: string): Words {
  return say`The value was edited with put-secret-value since its last rotation: AWSPREVIOUS has the key in use, too, and this one may be the key before. "aws secretsmanager list-secret-version-ids --include-deprecated --secret-id ${secretId}" lists the version that has it then.`
}

function taken(
  userName: string,
  { id, isActive, created }: AccessKey,
  used: LastUse | undefined,
  why: Words,
  likely?: Words,
): RotationError {
  const state = ours(isActive ? 'active' : 'inactive, which counts, too')
  const use =
    used === undefined
      ? say`has never been used, as far as IAM knows`
      : say`was last used at ${timeOf(used.time)} for ${used.service} in ${used.region}`
  const [off, gone] = ['update-access-key --status Inactive', 'delete-access-key'].map(
    (command) => say`"aws iam ${ours(command)} --user-name ${userName} --access-key-id ${id}"`,
  )
  const what = say`The second key of the user ${userName}, ${id} (${state}), is none that may be deleted here: ${why}. It was made at ${timeOf(created)} and ${use}.`
  const remedy = say`Find out who uses it. ${off} shows whether somebody misses it, ${gone} frees its place.`
  return new RotationError('AccessKeySlotTaken', what, likely === undefined ? { remedy } : { likely, remedy })
}

function timeOf(time: number): Words {
  return ours(new Date(time).toISOString().replace(/\.\d+Z$/, 'Z'))
}
