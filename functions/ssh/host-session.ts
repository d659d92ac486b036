import '../../shared/database/error-codes.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { quotable } from '../../shared/rotation/redact.ts'
import type { SshConnection } from '../../shared/ssh-protocol/connection.ts'
import { brokenOff } from '../../shared/ssh-protocol/connection-errors.ts'
import type { Host } from '../../shared/ssh-protocol/doors.ts'
import { addressOf } from '../../shared/ssh-protocol/login.ts'
import type { Access } from './access.ts'
import { type Found, findKeyFiles } from './account.ts'
import type { Place } from './key-file-errors.ts'
import type { FleetHost } from './target.ts'

/** A host that was logged in to, with the files that it keeps the key in. */
export interface HostSession extends FleetHost, Disposable {
  readonly place: Place
  readonly found: readonly Found[]
  readonly connection: SshConnection
}

/** @throws RotationError as `connect` and `findKeyFiles` do, and SftpUnavailable */
export async function openHost(host: FleetHost, access: Access): Promise<HostSession> {
  const { username, doors, context } = access
  const connection = await logIn(host, access)
  try {
    const where = addressOf(host)
    const sftp = await doors.files(connection).catch((error: unknown) => {
      throw noSftp(where, username, context.signal.aborted, error)
    })
    const place = { sftp, where, username, signal: context.signal }
    const found = await findKeyFiles(host.paths, access, place)
    return { ...host, place, found, connection, [Symbol.dispose]: () => connection[Symbol.dispose]() }
  } catch (error) {
    connection[Symbol.dispose]()
    throw error
  }
}

/** A host that was left behind has the key before the current one. Where that is refused, too, the first refusal counts. */
async function logIn(host: Host, { doors, credentials, current, previous }: Access): Promise<SshConnection> {
  try {
    return await doors.open(host, credentials)
  } catch (error) {
    const refused = error instanceof RotationError && error.code === 'LoginRefused' && credentials.key === current
    const key = refused ? await previous() : undefined
    if (key === undefined) throw error
    return await doors.open(host, { ...credentials, key }).catch(() => Promise.reject(error))
  }
}

function noSftp(where: string, username: string, aborted: boolean, cause: unknown): RotationError {
  if (aborted) return new RotationError('TimedOut', say`${where} did not open SFTP before the time ran out.`)
  const said = cause instanceof Error ? quotable(cause.message) : ''
  // A server that refuses says so, or ends what it has started with a code.
  if (/No response|connection ended|unexpected SFTP session/.test(said)) {
    return brokenOff(say`The connection to ${where} ended before it gave SFTP (${said}).`, 'host', cause)
  }
  return new RotationError('SftpUnavailable', say`${where} lets ${username} in, but gives no SFTP (${said}).`, {
    cause,
  })
}
