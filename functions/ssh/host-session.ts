import '../../shared/database/error-codes.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import { quotable } from '../../shared/rotation/redact.ts'
import { addressOf } from '../../shared/ssh-protocol/address.ts'
import type { SshConnection } from '../../shared/ssh-protocol/connection.ts'
import type { Credentials, Doors, Host } from '../../shared/ssh-protocol/doors.ts'
import type { PrivateKey } from '../../shared/ssh-protocol/private-key.ts'
import { type Found, findKeyFiles } from './account.ts'
import type { Place } from './key-file-errors.ts'
import type { Reach } from './reach.ts'
import type { FleetHost } from './target.ts'

/** What it takes to change the file of an account. */
export interface Access {
  readonly doors: Doors
  readonly files: Reach['files']
  readonly username: string
  readonly credentials: Credentials
  /** Whether these are another account's. */
  readonly asAdmin: boolean
  /** Undefined for an account that has no key yet. */
  readonly current: PrivateKey | undefined
  /** Of AWSPREVIOUS, which is read when it is needed: for hosts that were left behind, and at the first rotation. */
  previous(): Promise<PrivateKey | undefined>
}

/** A host that was logged in to, with the files that it keeps the key in. */
export interface HostSession extends Disposable {
  readonly host: Host
  readonly place: Place
  readonly found: readonly Found[]
  readonly connection: SshConnection
}

/** @throws RotationError as `connect` and `findKeyFiles` do, and SftpUnavailable */
export async function openHost(host: FleetHost, access: Access, context: RotationContext): Promise<HostSession> {
  const connection = await logIn(host, access)
  try {
    const sftp = await access.files(connection).catch((error: unknown) => {
      throw noSftp(host, access.username, context.signal.aborted, error)
    })
    const place = { sftp, where: addressOf(host), username: access.username, signal: context.signal }
    const found = await findKeyFiles(host.paths, access, place)
    return { host, place, found, connection, [Symbol.dispose]: () => connection[Symbol.dispose]() }
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

function noSftp(host: Host, username: string, aborted: boolean, error: unknown): RotationError {
  const where = addressOf(host)
  if (aborted) return new RotationError('TimedOut', say`${where} did not open SFTP before the time ran out.`)
  const said = error instanceof Error ? quotable(error.message) : ''
  // A server that refuses says so, or ends what it has started with a code.
  if (/No response|connection ended|unexpected SFTP session/.test(said)) {
    return new RotationError('NoAnswer', say`The connection to ${where} ended before it gave SFTP (${said}).`, {
      likely: say`The host was restarted, or something in between closed the connection.`,
      remedy: say`Nothing, if a later attempt succeeds; else look into the sshd log of the host.`,
      cause: error,
    })
  }
  return new RotationError('SftpUnavailable', say`${where} lets ${username} in, but gives no SFTP (${said}).`, {
    cause: error,
  })
}
