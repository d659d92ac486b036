import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { PrivateKey } from '../../shared/ssh-protocol/private-key.ts'
import { linesOf } from './authorized-keys.ts'
import type { Access } from './host-session.ts'
import type { KeyFile } from './key-file.ts'
import { fileError, isMissing, type Place } from './key-file-errors.ts'

/** An account at a host. */
interface Account {
  readonly home: string
  /** Where it is not the one that has logged in. */
  readonly owner: readonly [number, number] | undefined
}

export interface Found {
  readonly file: KeyFile
  readonly text: string
}

/**
 * Finds the file that holds a key: a login works with a key in any file of AuthorizedKeysFile, and the new line belongs
 * where the old one is.
 * @throws RotationError KeyFileUnknown, KeyFileNotWritable, NoAnswer, TimedOut
 */
export async function findKeyFile(
  paths: readonly string[],
  access: Pick<Access, 'current' | 'previous' | 'asAdmin'>,
  place: Place,
): Promise<Found> {
  const { current, previous, asAdmin } = access
  const { sftp, username } = place
  try {
    const account = asAdmin
      ? await accountIn('/etc/passwd', place)
      : { home: await sftp.realpath('.'), owner: undefined }
    const read: Found[] = []
    const closed: string[] = []
    for (const path of paths.map((each) => expanded(each, account, username))) {
      const file = { path, owner: account.owner }
      const content = await sftp.read(path).catch((error) => (isMissing(error) ? undefined : error))
      if (content instanceof Error) closed.push(path)
      else if (content !== undefined) read.push({ file, text: content.text })
    }
    if (current === undefined) return read[0] ?? (await madeFile(paths, account, place))
    const holding = (key: PrivateKey | undefined) =>
      key && read.find(({ text }) => linesOf(text, key.publicKey).length > 0)
    const found = holding(current) ?? holding(await previous())
    if (found !== undefined) return found
    throw nowhere(place, { home: account.home, paths, closed, asAdmin })
  } catch (error) {
    throw await fileError(error, paths[0] ?? '', place)
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
  const unreadable = closed.length === 0 ? '' : ` (${closed.join(', ')} cannot be read)`
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
  const path = expanded(paths[0] ?? '.ssh/authorized_keys', account, place.username)
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
