import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { PrivateKey } from '../../shared/ssh-protocol/private-key.ts'
import { checkedPath } from './admin-path.ts'
import { linesOf } from './authorized-keys.ts'
import type { Access } from './host-session.ts'
import type { KeyFile } from './key-file.ts'
import { fileError, isMissing, type Place } from './key-file-errors.ts'
import { SftpError } from './sftp.ts'

/** An account at a host. */
export interface Account {
  readonly home: string
  /** Where it is not the one that has logged in. */
  readonly owner: readonly [number, number] | undefined
}

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
export async function findKeyFiles(
  paths: readonly string[],
  access: Pick<Access, 'current' | 'previous' | 'asAdmin'>,
  place: Place,
): Promise<readonly Found[]> {
  const { current, previous, asAdmin } = access
  const { sftp, username } = place
  try {
    const account = asAdmin
      ? await accountIn('/etc/passwd', place)
      : { home: await sftp.realpath('.'), owner: undefined }
    const files = paths.map((each) => expanded(each, account, username))
    const looked = await Promise.all(files.map((path) => readIn(path, account, place)))
    const read = looked.flatMap((each) => (typeof each === 'object' ? [each] : []))
    const closed = looked.flatMap((each) => (typeof each === 'string' ? [each] : []))
    if (current === undefined) return [read[0] ?? (await madeFile(paths, account, place))]
    const holding = (key: PrivateKey | undefined) =>
      read.filter(({ text }) => key !== undefined && linesOf(text, key.publicKey).length > 0)
    const found = holding(current)
    if (found.length > 0) return found
    const before = holding(await previous())
    if (before.length > 0) return before
    throw nowhere(place, { home: account.home, paths, closed, asAdmin })
  } catch (error) {
    throw await fileError(error, paths[0] ?? '', place)
  }
}

/** @returns a text for a file that cannot be read, which says why; undefined where there is none */
async function readIn(path: string, account: Account, place: Place): Promise<Found | string | undefined> {
  const { sftp } = place
  const real = account.owner === undefined ? path : await checkedPath(path, account.home, account.owner, place)
  try {
    // Opening a pipe waits until another process writes into it.
    const { mode, size } = await sftp.stat(real)
    if ((mode & typeBits) !== regularFile) return `${path} is no file`
    if (size > mostBytes) return `${path} is larger than 1 MiB`
    return { file: { path: real, owner: account.owner }, text: (await sftp.read(real)).text }
  } catch (error) {
    if (isMissing(error)) return undefined
    if (error instanceof SftpError && error.status <= failure) return `${path} cannot be read`
    throw error
  }
}

function nowhere(
  { username, where }: Place,
  {
    home,
    paths,
    closed,
    asAdmin,
  }: { home: string; paths: readonly string[]; closed: readonly string[]; asAdmin: boolean },
): RotationError {
  const logsIn = asAdmin ? '' : ' lets the function in, but'
  const unreadable = closed.length === 0 ? '' : ` (${closed.join(', ')})`
  const what = say`The key of AWSCURRENT${logsIn} is in none of ${paths.join(', ')} of ${username} on ${where}${unreadable}.`
  if (home !== '/') return new RotationError('KeyFileUnknown', what)
  const likely = say`The account is confined to a folder (ChrootDirectory), and the file lies outside of it.`
  return new RotationError('KeyFileUnknown', what, { likely })
}

/** AuthorizedKeysFile in sshd_config(5): %h, %u, %%, and a path below the home where it begins with no slash. */
function expanded(path: string, { home }: Account, username: string): string {
  const tokens: Readonly<Record<string, string>> = { '%%': '%', '%h': home, '%u': username }
  const whole = path.replaceAll(/%[%hu]/g, (token) => tokens[token] ?? token)
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

/** An empty file, for the first key of an account. */
async function madeFile(paths: readonly string[], account: Account, place: Place): Promise<Found> {
  const wanted = expanded(paths[0] ?? '.ssh/authorized_keys', account, place.username)
  const path = account.owner === undefined ? wanted : await checkedPath(wanted, account.home, account.owner, place)
  const file = { path, owner: account.owner }
  const folder = path.replace(/\/[^/]*$/, '')
  const exists = await place.sftp.stat(folder).then(
    () => true,
    (error) => (isMissing(error) ? false : Promise.reject(error)),
  )
  if (!exists && account.owner !== undefined) await place.sftp.makeFolder(folder, account.owner)
  await place.sftp.create(path, '', { mode: 0o600, owner: account.owner })
  return { file, text: '' }
}
