import '../../shared/aws/iam-error-codes.ts'
import type { AccessKey, AccessKeys, LastUse, NewAccessKey } from '../../shared/aws/iam.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { ours, say, type Words } from '../../shared/errors/words.ts'
import { oldestRun, type RotationContext } from '../../shared/rotation/context.ts'
import type { EarlierVersions } from '../../shared/rotation/secret-type.ts'
import type { AccessKeySecret } from './secret.ts'

/** Another run that is about to store its key needs no longer. */
const patienceMs = 4_000
const pauseMs = 500
/** testSecret follows createSecret within seconds; it may take its time, and be tried again. */
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
  const oldest = oldestRun(context)
  for (let waited = 0; ; waited += pauseMs) {
    const key = (await makeRoom(slots, oldest)) ? await accessKeys.create(userName, context.signal) : undefined
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
async function makeRoom({ userName, versions, accessKeys, context }: Slots, oldest: number): Promise<boolean> {
  const { signal } = context
  const [current, previous, labelled, keys] = await Promise.all([
    versions.current(),
    versions.previous(),
    versions.labelledByOthers(),
    accessKeys.list(userName, signal),
  ])
  const own = keys?.find(({ id }) => id === current.id)
  if (keys === undefined || own === undefined) {
    throw new RotationError(
      'AccessKeyUnknown',
      say`In this account there is no user ${userName} with the key ${current.id}.`,
    )
  }
  for (const key of keys.filter(({ id }) => id !== current.id)) {
    const isSomebodys = labelled.some((text) => text.includes(key.id))
    if (key.id === previous?.id && !isSomebodys) {
      await retire(userName, key, accessKeys, context)
    } else if (isSomebodys || key.created < own.created) {
      // IAM's times are in whole seconds: a key of the same second may be of the rotation after that of the one in use.
      const why = isSomebodys
        ? say`a version with a label of somebody's own has it`
        : say`it is in no version with a label, and was made before the one in use`
      const edited = previous?.id === current.id && !isSomebodys ? context.secretId : undefined
      throw taken({ userName, key, why, used: await accessKeys.lastUse(key.id, signal), edited })
    } else if (key.created > oldest) {
      return false
    } else {
      await removeOrphan(userName, key, accessKeys, context)
    }
  }
  return true
}

/** The grace of the key before the last one is over. */
async function retire(userName: string, { id, isActive }: AccessKey, accessKeys: AccessKeys, context: RotationContext) {
  if (isActive) await accessKeys.deactivate(userName, id, context.signal)
  await accessKeys.remove(userName, id, context.signal)
  context.did(say`deleted the key ${id} of AWSPREVIOUS`)
}

/** Nobody but testSecret, right after it was made, can have used a key that no version has kept. */
async function removeOrphan(userName: string, key: AccessKey, accessKeys: AccessKeys, context: RotationContext) {
  const used = await accessKeys.lastUse(key.id, context.signal)
  if (used !== undefined && !(used.service === 'sts' && used.time < key.created + testedWithinMs)) {
    throw taken({ userName, key, why: say`somebody uses it`, used, edited: undefined })
  }
  await accessKeys.remove(userName, key.id, context.signal)
  context.did(say`deleted the key ${key.id}, which an earlier run had made and no version has`)
}

interface Taken {
  readonly userName: string
  readonly key: AccessKey
  readonly why: Words
  readonly used: LastUse | undefined
  /** The secret, where put-secret-value has moved AWSPREVIOUS to the key in use. */
  readonly edited: string | undefined
}

function taken({ userName, key: { id, isActive, created }, why, used, edited }: Taken) {
  const state = ours(isActive ? 'active' : 'inactive, which counts, too')
  const use =
    used === undefined
      ? say`has never been used, as far as IAM knows`
      : say`was last used at ${timeOf(used.time)} for ${used.service} in ${used.region}`
  const [off, gone] = ['update-access-key --status Inactive', 'delete-access-key'].map(
    (command) => say`"aws iam ${ours(command)} --user-name ${userName} --access-key-id ${id}"`,
  )
  return new RotationError(
    'AccessKeySlotTaken',
    say`The second key of the user ${userName}, ${id} (${state}), is none that may be deleted here: ${why}. It was made at ${timeOf(created)} and ${use}.`,
    {
      ...(edited !== undefined && {
        likely: say`The value was edited with put-secret-value since its last rotation: AWSPREVIOUS has the key in use, too, and this one may be the key before. "aws secretsmanager list-secret-version-ids --include-deprecated --secret-id ${edited}" lists the version that has it then.`,
      }),
      remedy: say`Find out who uses it. ${off} shows whether somebody misses it, ${gone} frees its place.`,
    },
  )
}

function timeOf(time: number): Words {
  return ours(new Date(time).toISOString().replace(/\.\d+Z$/, 'Z'))
}
