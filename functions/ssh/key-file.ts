import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import { edited, hasUnknown, type Wanted } from './authorized-keys.ts'
import { fileError, isMissing, type Place } from './key-file-errors.ts'
import { type Lock, letGo, lockFile } from './lock-file.ts'
import type { FileFacts, NewFile } from './sftp.ts'

const mostTries = 5

export interface KeyFile {
  /** As configured, perhaps a symbolic link; where another account changes it, none. */
  readonly path: string
  /** User and group of the account, where it is not the one that logs in. */
  readonly owner: readonly [number, number] | undefined
}

export interface EditOptions {
  /** What the lock says: the same for all runs for one version of one secret. */
  readonly holder: string
  /** Keep bits of the mode for group and others: right where the file has no ACL, which shows as such bits. */
  readonly keepMode: boolean
  /** How old a lock is whose run has ended: the longest that the function runs. */
  readonly runMs: number
  readonly context: RotationContext
  /** Whether the rotation is still the one that is under way. */
  isStillPending(): Promise<boolean>
}

/**
 * Changes a file as a whole: a new one beside it, written to the disk, then renamed over it. Whatever is killed, the file
 * is the old one or the new one.
 * @returns what the file holds then
 * @throws RotationError NotPending, KeyFileUnknown, KeyFileUnsafe, KeyFileNotWritable, KeyFileBusy, NoAnswer, TimedOut
 */
export async function updateKeyFile(
  file: KeyFile,
  text: string,
  wanted: Wanted,
  place: Place,
  options: EditOptions,
): Promise<string> {
  const done = nextText(text, wanted, file, place) === text
  try {
    const real = await place.sftp.realpath(file.path)
    // An earlier run has done it, and may have been killed before it let go.
    if (done) await letGo(real, place, options)
    if (done) return text
    if (file.owner !== undefined && real !== file.path)
      throw unsafe(file.path, place, `it has become a symbolic link to ${real}`)
    if (!place.sftp.canReplace) {
      throw unsafe(real, place, 'the host cannot replace a file in one moment (no posix-rename, no fsync)')
    }
    await using lock = await lockFile(real, place, options)
    return await replaceUntilItStays(real, file, wanted, lock, place, options)
  } catch (error) {
    throw await fileError(error, file.path, place)
  }
}

async function replaceUntilItStays(
  real: string,
  file: KeyFile,
  wanted: Wanted,
  lock: Lock,
  place: Place,
  options: EditOptions,
): Promise<string> {
  const { sftp, where } = place
  for (let tries = 0; tries < mostTries; tries++) {
    if (tries === 0) await lock.tidy()
    const { text, facts } = await sftp.read(real)
    const next = nextText(text, wanted, file, place)
    if (next === text) return text
    if (hasUnknown(text, wanted) && !(await options.isStillPending())) {
      throw new RotationError(
        'NotPending',
        say`${real} on ${where} has a key of a later rotation, and version ${options.context.token} is not AWSPENDING any more. The file was left as it is.`,
      )
    }
    const like = newFile(real, facts, file, lock, place, options)
    const now = await replaced(real, text, next, like, place, options)
    // What we wrote must not be lost to one who has read the file before and written it after.
    if (now !== undefined && (now === next || nextText(now, wanted, file, place) === now)) return now
  }
  throw new RotationError(
    'KeyFileBusy',
    say`${real} on ${where} was changed by somebody else ${mostTries} times in a row.`,
  )
}

/** @returns what the file holds then; undefined where somebody has changed it, who cannot have seen our lock: it is theirs then */
async function replaced(
  path: string,
  before: string,
  next: string,
  like: NewFile,
  { sftp }: Place,
  { context }: EditOptions,
): Promise<string | undefined> {
  const temporary = `${path}.keyturn-${Buffer.from(context.randomBytes(6)).toString('hex')}`
  await sftp.create(temporary, next, like)
  try {
    if ((await sftp.read(path)).text === before) {
      // Another run that has the lock now has removed it: what it writes is to be seen first.
      const isGone = await sftp.replace(temporary, path).then(
        () => false,
        (error) => isMissing(error) || Promise.reject(error),
      )
      return isGone ? undefined : (await sftp.read(path)).text
    }
  } catch (error) {
    await sftp.remove(temporary).catch(() => undefined)
    throw error
  }
  // Another run for the same version, which shares the lock, may have removed it.
  await sftp.remove(temporary).catch((error) => isMissing(error) || Promise.reject(error))
  return undefined
}

function nextText(text: string, wanted: Wanted, { path }: KeyFile, { where }: Place): string {
  const next = edited(text, wanted)
  if (next !== undefined) return next
  const what = say`The key of AWSCURRENT is not in ${path} on ${where}, nor is the one before.`
  throw new RotationError('KeyFileUnknown', what)
}

function unsafe(path: string, { where }: Place, why: string): RotationError {
  return new RotationError('KeyFileUnsafe', say`${path} on ${where} was left as it is: ${why}.`)
}

/**
 * What the new file is to be like. The bits of a mode for group and others may be the mask of an ACL, which SFTP does not
 * show and a rename drops: kept, they would let the whole group in.
 */
function newFile(
  path: string,
  facts: FileFacts,
  { owner: account }: KeyFile,
  { facts: ours, links }: Lock,
  place: Place,
  { keepMode }: EditOptions,
): NewFile {
  if (links > 1) {
    throw unsafe(
      path,
      place,
      `it has ${links} names (hard links), and the other ones would keep the old text; make it a file of one name, or a symbolic link`,
    )
  }
  if (account === undefined && facts.uid !== ours.uid) {
    throw new RotationError(
      'KeyFileNotWritable',
      say`${path} on ${place.where} belongs to another user. It was left as it is.`,
    )
  }
  const forOthers = facts.mode & 0o077
  if (account !== undefined && facts.uid !== account[0] && forOthers !== 0 && !keepMode) {
    throw unsafe(
      path,
      place,
      `it belongs to another user than ${place.username}, who reads it by the bits for group and others, and these may be those of an ACL. If it has none (getfacl ${path}), set SSH_KEEP_FILE_MODE=true`,
    )
  }
  // The group does not matter where it may do nothing.
  const differs = facts.uid !== ours.uid || (facts.gid !== ours.gid && (account !== undefined || keepMode))
  return { mode: facts.mode & (keepMode ? 0o777 : 0o600), owner: differs ? [facts.uid, facts.gid] : undefined }
}
