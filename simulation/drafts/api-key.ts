import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import type { SecretDescription } from '../../shared/rotation/secret-store.ts'
import type { SecretType, Versions } from '../../shared/rotation/secret-type.ts'
import type { Key, KeySecret, Provider } from '../targets/provider.ts'
import type { CallKind, Outside } from '../world/outside.ts'
import { timeoutMs } from '../world/run.ts'
import type { LabelStore } from './claims.ts'
import type { Minted } from './discard.ts'

/** Switches for the test of the tests. */
export interface KeyDefects {
  /** Takes a key for an orphan that another run may be about to store. */
  readonly deletesYoungOrphans?: boolean
  /** Revokes the key in use when the new one is set. */
  readonly revokesBeforePromotion?: boolean
  /** Gives a key back that may have been stored. */
  readonly discardsAfterTimeouts?: boolean
  /** Revokes the key before in the step that promotes the new one. */
  readonly revokesAfterPromotion?: boolean
  /** Mints a second key, as a client does that repeats a request which may have been sent. */
  readonly mintsTwice?: boolean
  /** Looks for no orphans. */
  readonly leavesOrphans?: boolean
}

export interface KeySurroundings {
  readonly provider: Provider
  readonly outside: Outside
  readonly minted: Minted
  /** The values that labels name, but for AWSPREVIOUS: what the provider's model watches over. */
  labelled(): readonly string[]
  describe(): Promise<SecretDescription>
  readonly labels: LabelStore
  /** Whether the provider lets a marker be written on a key. IAM does not, and has two slots. */
  readonly marks: boolean
}

/**
 * The draft of createSecret for keys that a provider mints: revoke the key of AWSPREVIOUS, delete orphans that are older than
 * the function's timeout, mint once. The protocol stores it; what is not stored is given back (`discard`).
 */
export function apiKey(around: KeySurroundings, defects: KeyDefects = {}): SecretType<KeySecret> {
  const at = calls(around.outside)
  const { provider } = around
  const revoke = (id: string) => at('change', `revokes ${id}`, () => void provider.revoke(id, around.labelled()))
  return {
    overlap: true,
    parse: (text) => JSON.parse(text) as KeySecret,
    sensitive: ({ api_key }) => [api_key],
    serialize: (secret) => JSON.stringify(secret),
    async create(versions, context) {
      try {
        return await create(versions, context, around, defects)
      } catch (error) {
        if (!(error instanceof RotationError) || error.code !== 'VersionConflict') throw error
        // Where there are two slots the other run of this step has taken the second one: its value is ours, too.
        const stored = await storedByAnother(around.labels, context)
        if (stored === undefined) throw error
        return stored
      }
    },
    async set(versions) {
      if (defects.revokesBeforePromotion === true) await revoke((await versions.current()).key_id)
    },
    async test({ pending }) {
      const alive = await at('look', 'verifies the new key', () => provider.isAlive(pending.api_key))
      if (!alive) throw new RotationError('LoginRefused', say`The provider refuses the new key.`)
    },
  }
}

async function create(
  versions: Pick<Versions<KeySecret>, 'current' | 'previous'>,
  { secretId, token }: RotationContext,
  around: KeySurroundings,
  defects: KeyDefects,
): Promise<KeySecret> {
  const at = calls(around.outside)
  const { provider, minted } = around
  const revoke = (id: string) => at('change', `revokes ${id}`, () => void provider.revoke(id, around.labelled()))
  const [current, previous] = [await versions.current(), await versions.previous()]
  // A run that has slept may have read the AWSPREVIOUS of a later rotation, whose key is to live until the next one.
  if (previous !== undefined) await checkPending(around, token)
  const named = [current.key_id, previous?.key_id]
  if (previous !== undefined && previous.key_id !== current.key_id) await revoke(previous.key_id)
  const keys = await at('look', 'lists the keys', () => provider.list())
  const age = defects.deletesYoungOrphans === true ? -1 : timeoutMs
  const others = keys.filter(({ id }) => !named.includes(id))
  const candidates = defects.leavesOrphans === true ? [] : others
  const orphans = candidates.filter((key) => isOrphan(key, { secretId, around, keys, current }, age))
  for (const { id } of orphans) await revoke(id)
  if (!around.marks && others.length > orphans.length) throw slotTaken(others, around.outside.now())
  const marker = around.marks ? `${secretId} ${token}` : ''
  const mintOne = () => at('change', 'mints a key', () => mint(around, marker))
  let key = await mintOne()
  minted.id = key.id
  if (defects.mintsTwice === true) key = await mintOne()
  return { api_key: key.value, key_id: key.id }
}

/** What another run stores under the token within a second or two. */
async function storedByAnother(labels: LabelStore, { token, sleep }: RotationContext): Promise<KeySecret | undefined> {
  for (const pause of [0, 500, 1_000]) {
    if (pause > 0) await sleep(pause)
    const stored = await labels.read('AWSPENDING', token)
    if (stored !== undefined) return JSON.parse(stored.text) as KeySecret
  }
  return undefined
}

/** @throws RotationError NotPending; nothing was changed then */
async function checkPending({ describe }: KeySurroundings, token: string): Promise<void> {
  const { labels } = await describe()
  if (labels.get(token)?.includes('AWSPENDING') === true) return
  throw new RotationError('NotPending', say`AWSPENDING is not on the version any more; nothing was revoked.`)
}

/** Nobody names it, a run of this function has made it, and none that is still alive can store it. */
function isOrphan(
  { marker, created, id }: Key,
  at: {
    readonly secretId: string
    readonly around: KeySurroundings
    readonly keys: readonly Key[]
    readonly current: KeySecret
  },
  age: number,
): boolean {
  const isOld = at.around.outside.now() - created > age
  if (at.around.marks) return isOld && marker.startsWith(`${at.secretId} `)
  // The time of IAM has whole seconds: one that was made in the same second counts, too.
  const inUse = at.keys.find((key) => key.id === at.current.key_id)
  return isOld && inUse !== undefined && created >= inUse.created && id !== inUse.id
}

function mint({ provider, outside, minted }: KeySurroundings, marker: string): Key {
  try {
    return provider.mint(marker, outside.now(), minted.id !== undefined)
  } catch {
    throw new RotationError('VersionConflict', say`All slots are taken, perhaps by another run.`)
  }
}

/** Another run may be about to store a young key; an old one is somebody's, who has to say so. */
function slotTaken(others: readonly Key[], now: number): RotationError {
  const what = say`The second slot holds ${others.map(({ id }) => id).join()}.`
  const isYoung = others.some(({ created }) => now - created <= timeoutMs)
  return new RotationError(isYoung ? 'VersionConflict' : 'InvalidSecret', what)
}

function calls(outside: Outside) {
  return <T>(kind: CallKind, name: string, effect: () => T) =>
    outside.call({
      kind,
      name,
      effect,
      lost: () => new RotationError('Unreachable', say`The provider does not answer.`),
      timedOut: () => new RotationError('TimedOut', say`The time ran out.`),
    })
}
