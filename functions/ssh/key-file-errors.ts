import { posix } from 'node:path'
import { type ErrorDetails, RotationError } from '../../shared/errors/rotation-error.ts'
import { say, type Words } from '../../shared/errors/words.ts'
import { type Sftp, SftpError } from './sftp.ts'

/** Where an edit takes place, for its errors. */
export interface Place {
  readonly sftp: Sftp
  /** The host, as errors name it. */
  readonly where: string
  /** The account whose file it is. */
  readonly username: string
  readonly signal: AbortSignal
}

const [noSuchFile, permissionDenied, failure] = [2, 3, 4]

export function isMissing(error: unknown): boolean {
  return error instanceof SftpError && error.status === noSuchFile
}

/** What was asked for; undefined where SFTP says that there is no such file. */
export function orMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  return asked.catch((error) => (isMissing(error) ? undefined : Promise.reject(error)))
}

/**
 * What an operation on a file failed of. SFTP says "failure" for a full disk and for a read-only file system alike; the
 * file system itself tells.
 * @param path a file or folder on the file system in question
 */
export async function fileError(
  error: unknown,
  path: string,
  { sftp, where, username, signal }: Place,
): Promise<RotationError> {
  if (error instanceof RotationError) return error
  if (!(error instanceof SftpError)) throw error
  if (signal.aborted) {
    const what = say`The time ran out while ${path} on ${where} was changed (${error.operation}).`
    return new RotationError('TimedOut', what)
  }
  const folder = posix.dirname(path)
  const space = error.space ?? (error.status === failure ? await sftp.space(folder) : undefined)
  const because = (why: Words, details: ErrorDetails = {}) =>
    new RotationError('KeyFileNotWritable', say`${path} on ${where} cannot be changed: ${why}. It is as it was.`, {
      ...details,
      cause: error,
    })
  if (space?.readOnly)
    return because(say`the file system is read-only`, { likely: say`It was mounted so, or has damage.` })
  if (space?.full) {
    return because(say`the file system is full`, {
      likely: say`Logs or other files have filled it.`,
      remedy: say`Free some space on the file system of ${folder}, then run the rotation again.`,
      retryable: true,
    })
  }
  if (error.status === permissionDenied) {
    return because(say`permission was denied`, {
      likely: say`It, or its folder, belongs to somebody else or is immutable.`,
      remedy: say`As root on the host: lsattr -d ${folder} ${path} shows an "i" where something is immutable; chown ${username} ${folder} ${path} gives both to the account. Or name in admin_secret_arn the secret of an account that may write there.`,
    })
  }
  if (error.status === failure || error.status === noSuchFile) return because(say`the host answered ${error.status}`)
  const what = say`The connection to ${where} ended while ${path} was changed (${error.operation}).`
  return new RotationError('NoAnswer', what, {
    likely: say`The host was restarted, or something in between closed the connection.`,
    remedy: say`Nothing, if a later attempt succeeds: it finds what was done. Else look into the sshd log of the host.`,
    cause: error,
  })
}
