import { posix } from 'node:path'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { PrivateKey } from '../../shared/ssh-protocol/private-key.ts'
import type { Access } from './access.ts'
import { checkedPath } from './admin-path.ts'
import { hasLine } from './authorized-keys.ts'
import type { KeyFile } from './key-file.ts'
import { fileError, isMissing, orMissing, type Place } from './key-file-errors.ts'
import { SftpError } from './sftp.ts'

/** An account at a host. */
export interface Account {
  readonly home: string
  /** Where it is not the one that has logged in. */
  readonly owner: readonly [number, number] | undefined
}

/** A file for keys of an account, with the text that was found in it. */
export interface Found {
  readonly file: KeyFile
  readonly text: string
}

/** More than any list of keys has; a file like that is read in seconds, and again before it is replaced. */
const mostBytes = 1_048_576
/** Of a mode (stat(2)). */
const [typeBits, regularFile] = [0o170_000, 0o100_000]
/** Codes of SFTP up to this one are answers of the host, and about the file. */
const failure = 4

/**
 * Finds the files that hold a key: a login works with a key in any file of AuthorizedKeysFile, and the new line belongs
 * where the old one is.
 * @throws RotationError KeyFileUnknown, KeyFileUnsafe, KeyFileNotWritable, NoAnswer, TimedOut
 */
export async function findKeyFiles(paths: readonly string[], access: Access, place: Place): Promise<readonly Found[]> {
  const { current, previous } = access
  const { sftp, username, where } = place
  const asAdmin = access.credentials.username !== username
  try {
    const account = asAdmin
      ? await accountIn('/etc/passwd', place)
      : { home: await sftp.realpath('.'), owner: undefined }
    const looked = await Promise.all(paths.map((path) => readIn(path, account, place)))
    const read = looked.filter((each) => typeof each === 'object')
    if (current === undefined) return [read[0] ?? (await madeFile(paths, account, place))]
    const holding = (key: PrivateKey | undefined) =>
      read.filter(({ text }) => key !== undefined && hasLine(text, key.publicKey))
    const found = holding(current)
    if (found.length > 0) return found
    const before = holding(await previous())
    if (before.length > 0) return before
    const closed = looked.filter((each) => typeof each === 'string')
    const logsIn = asAdmin ? '' : ' lets the function in, but'
    const unreadable = closed.length === 0 ? '' : ` (${closed.join(', ')})`
    const what = say`The key of AWSCURRENT${logsIn} is in none of ${paths.join(', ')} of ${username} on ${where}${unreadable}.`
    if (account.home !== '/') throw new RotationError('KeyFileUnknown', what)
    const likely = say`The account is confined to a folder (ChrootDirectory), and the file lies outside of it.`
    throw new RotationError('KeyFileUnknown', what, { likely })
  } catch (error) {
    throw await fileError(error, paths[0] ?? '', place)
  }
}

/** @returns a text for a file that cannot be read, which says why; undefined where there is none */
async function readIn(configured: string, account: Account, place: Place): Promise<Found | string | undefined> {
  const { sftp } = place
  const path = expanded(configured, account, place)
  const file = await fileAt(path, account, place)
  try {
    // Opening a pipe waits until another process writes into it.
    const { mode, size } = await sftp.stat(file.path)
    if ((mode & typeBits) !== regularFile) return `${path} is no file`
    if (size > mostBytes) return `${path} is larger than 1 MiB`
    return { file, text: (await sftp.read(file.path)).text }
  } catch (error) {
    if (isMissing(error)) return undefined
    if (error instanceof SftpError && error.status <= failure) return `${path} cannot be read`
    throw error
  }
}

/** AuthorizedKeysFile in sshd_config(5): %h, %u, %%, and a path below the home where it begins with no slash. */
function expanded(path: string, { home }: Account, { username }: Place): string {
  const tokens: Readonly<Record<string, string>> = { '%%': '%', '%h': home, '%u': username }
  // With a slash at its end, the facts of a file cannot be asked for, and what is beside it would be judged in its place.
  const whole = path.replaceAll(/%[%hu]/g, (token) => tokens[token] ?? token).replace(/(?<=.)\/+$/, '')
  return whole.startsWith('/') ? whole : `${home === '/' ? '' : home}/${whole}`
}

/** SFTP knows no accounts, but anybody may read where the host keeps them. */
async function accountIn(path: string, { sftp, username, where }: Place): Promise<Account> {
  const { text } = await sftp.read(path)
  for (const line of text.split('\n')) {
    const [name, , uid, gid, , home = ''] = line.split(':')
    if (name === username && home !== '') return { home, owner: [Number(uid), Number(gid)] }
  }
  throw new RotationError('KeyFileUnknown', say`${path} on ${where} has no account ${username}.`, {
    likely: say`It is misspelt, or comes from a directory (LDAP, SSSD).`,
    remedy: say`Correct "username". For an account of a directory, leave out admin_secret_arn, if its own key may change the file.`,
  })
}

/** A file of the account: where an admin changes it, by a path that leads to nothing else. */
async function fileAt(path: string, { home, owner }: Account, place: Place): Promise<KeyFile> {
  return { path: owner === undefined ? path : await checkedPath(path, home, owner, place), owner }
}

/** An empty file, for the first key of an account. */
async function madeFile(paths: readonly string[], account: Account, place: Place): Promise<Found> {
  const { sftp } = place
  const file = await fileAt(expanded(paths[0] ?? '.ssh/authorized_keys', account, place), account, place)
  const folder = posix.dirname(file.path)
  const exists = (await orMissing(sftp.stat(folder))) !== undefined
  if (!exists && file.owner !== undefined) await sftp.makeFolder(folder, file.owner)
  await sftp.create(file.path, '', { mode: 0o600, owner: file.owner })
  return { file, text: '' }
}
