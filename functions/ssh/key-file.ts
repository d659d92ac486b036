import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { edited, hasUnknown, type Wanted } from './authorized-keys.ts'
import { fileError, orMissing, type Place } from './key-file-errors.ts'
import { type Lock, letGo, lockFile, type Run } from './lock-file.ts'
import type { FileFacts, NewFile } from './sftp.ts'

const mostTries = 5

/** Where keys of an account are written: authorized_keys, or another file of sshd's. */
export interface KeyFile {
  /** As configured, perhaps a symbolic link; where another account changes it, none. */
  readonly path: string
  /** User and group of the account, where it is not the one that logs in. */
  readonly owner: readonly [number, number] | undefined
}

/** An edit of a file, and who makes it. */
export interface Edit extends Run {
  readonly file: KeyFile
  readonly wanted: Wanted
  readonly place: Place
  /** Keep bits of the mode for group and others: right where the file has no ACL, which shows as such bits. */
  readonly keepMode: boolean
  /** Whether the rotation is still the one that is under way. */
  isStillPending(): Promise<boolean>
}

/**
 * Changes a file as a whole: a new one beside it, written to the disk, then renamed over it. Whatever is killed, the file
 * is the old one or the new one.
 * @param text what it held when it was looked at
 * @returns what the file holds then
 * @throws RotationError NotPending, KeyFileUnknown, KeyFileUnsafe, KeyFileNotWritable, KeyFileBusy, NoAnswer, TimedOut
 */
export async function updateKeyFile(text: string, edit: Edit): Promise<string> {
  const { file, place } = edit
  try {
    const done = nextText(text, edit) === text
    const real = await place.sftp.realpath(file.path)
    // An earlier run has done it, and may have been killed before it let go.
    if (done) await letGo(real, place, edit)
    if (done) return text
    if (file.owner !== undefined && real !== file.path)
      throw unsafe(file.path, place, `it has become a symbolic link to ${real}`)
    if (!place.sftp.canReplace) {
      throw unsafe(real, place, 'the host cannot replace a file in one moment (no posix-rename, no fsync)')
    }
    await using lock = await lockFile(real, place, edit)
    return await replaceUntilItStays(real, lock, edit)
  } catch (error) {
    throw await fileError(error, file.path, place)
  }
}

async function replaceUntilItStays(real: string, lock: Lock, edit: Edit): Promise<string> {
  const { sftp, where } = edit.place
  await lock.tidy()
  for (let tries = 0; tries < mostTries; tries++) {
    const { text, facts } = await sftp.read(real)
    const next = nextText(text, edit)
    if (next === text) return text
    if (hasUnknown(text, edit.wanted) && !(await edit.isStillPending())) {
      throw new RotationError(
        'NotPending',
        say`${real} on ${where} has a key of a later rotation, and version ${edit.context.token} is not AWSPENDING any more. The file was left as it is.`,
      )
    }
    const now = await replaced(real, text, next, newFile(real, facts, lock, edit), edit)
    // What we wrote must not be lost to one who has read the file before and written it after.
    if (now !== undefined && (now === next || nextText(now, edit) === now)) return now
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
  { place: { sftp }, context }: Edit,
): Promise<string | undefined> {
  const temporary = `${path}.keyturn-${Buffer.from(context.randomBytes(6)).toString('hex')}`
  await sftp.create(temporary, next, like)
  try {
    if ((await sftp.read(path)).text === before) {
      // Another run that has the lock now has removed it: what it writes is to be seen first.
      const isThere = await orMissing(sftp.replace(temporary, path).then(() => true))
      return isThere ? (await sftp.read(path)).text : undefined
    }
  } catch (error) {
    await sftp.remove(temporary).catch(() => undefined)
    throw error
  }
  // Another run for the same version, which shares the lock, may have removed it.
  await orMissing(sftp.remove(temporary))
  return undefined
}

function nextText(text: string, { wanted, file, place }: Edit): string {
  const next = edited(text, wanted)
  if (next !== undefined) return next
  const what = say`The key of AWSCURRENT is not in ${file.path} on ${place.where}, nor is the one before.`
  throw new RotationError('KeyFileUnknown', what)
}

function unsafe(path: string, { where }: Place, why: string): RotationError {
  return new RotationError('KeyFileUnsafe', say`${path} on ${where} was left as it is: ${why}.`)
}

/**
 * What the new file is to be like. The bits of a mode for group and others may be the mask of an ACL, which SFTP does not
 * show and a rename drops: kept, they would let the whole group in.
 */
function newFile(path: string, facts: FileFacts, { facts: ours, links }: Lock, edit: Edit): NewFile {
  const { place, keepMode } = edit
  const account = edit.file.owner
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
