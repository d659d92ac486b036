import { posix } from 'node:path'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { orMissing, type Place } from './key-file-errors.ts'

/**
 * Where an account may decide what a path leads to, an admin who follows it changes, with all of an admin's rights, what
 * the account wants: its links must not lead out of its home, nor to what is not its own. What the account exchanges
 * between this look and the change is not seen: SFTP opens by path alone.
 * @param path below the account's home, or elsewhere (/etc/ssh/keys.d/%u)
 * @returns the path without symbolic links; where the folder is missing, as it is
 * @throws RotationError KeyFileUnsafe; SftpError
 */
export async function checkedPath(
  path: string,
  home: string,
  [uid]: readonly [number, number],
  place: Place,
): Promise<string> {
  const { sftp } = place
  const folder = posix.dirname(path)
  const [real, realHome, folderFacts, facts] = await Promise.all([
    orMissing(sftp.realpath(path)),
    orMissing(sftp.realpath(home)),
    orMissing(sftp.stat(folder)),
    orMissing(sftp.stat(path)),
  ])
  const isInside = path.startsWith(`${home}/`)
  const realFolder = real === undefined ? undefined : posix.dirname(real)
  if (isInside && real !== undefined && !real.startsWith(`${realHome}/`)) {
    throw refused(path, place, `it leads out of the home of the account, to ${real}`)
  }
  const decides = isInside || folderFacts?.uid === uid
  if (decides && facts !== undefined && facts.uid !== uid) {
    throw refused(path, place, 'it belongs to another user, in a place where the account decides what it is')
  }
  if (decides && folderFacts !== undefined && folderFacts.uid !== uid && realFolder !== realHome) {
    throw refused(path, place, 'its folder belongs to another user, in a place where the account decides what it is')
  }
  return real ?? path
}

function refused(path: string, { where, username }: Place, why: string): RotationError {
  return new RotationError('KeyFileUnsafe', say`${path} on ${where} was left as it is: ${why}.`, {
    likely: say`A symbolic link: whoever has the account may have made it, to have an admin change a file of somebody else.`,
    remedy: say`Make it a file of ${username} in a folder of ${username}, or keep the keys outside of the home, in a folder of root (/etc/ssh/keys.d/%u), and name that file in authorized_keys_path.`,
  })
}
