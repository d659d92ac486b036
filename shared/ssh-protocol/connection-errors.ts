import './error-codes.ts'
import { RotationError } from '../errors/rotation-error.ts'
import { ours, say, type Words } from '../errors/words.ts'
import { unreachable } from '../network/unreachable.ts'
import { quotable } from '../rotation/redact.ts'
import { type Address, addressOf, type SshLogin } from './login.ts'
import { publicKeyLine } from './public-key.ts'

/** What is known of a login that did not come about. */
export interface Circumstances {
  readonly login: SshLogin
  /** The jump host, where there is one. */
  readonly through: Address | undefined
  /** The fingerprint of the key that the host has shown; empty where it did not come so far. */
  readonly shown: string
  /** Whether the host has said anything yet. */
  readonly greeted: boolean
  /** Whether it was we who gave up, because the time was up. */
  readonly aborted: boolean
}

/** Why nothing has accepted a connection. @param error of the socket */
export function reachError(error: unknown, to: Address, aborted: boolean): RotationError {
  const where = addressOf(to)
  if (aborted) return tooLate(where)
  const { code = '' } = (error ?? {}) as { readonly code?: unknown }
  return unreachable(
    String(code),
    { host: to.host, where },
    {
      likely: say`A security group, a route, a stopped host or a wrong host or port in the secret.`,
      remedy: say`Check host and port, and that the host's security group admits the function's.`,
      cause: error,
    },
  )
}

function tooLate(where: string): RotationError {
  return new RotationError('TimedOut', say`${where} did not let the function in before the time ran out.`)
}

/**
 * Why a login did not come about, in an operator's words. Only what the host said about the key is called a refused login.
 * @param error of ssh2, whose `level` says how far it came
 */
export function connectionError(error: unknown, about: Circumstances): RotationError {
  if (error instanceof RotationError) return error
  const { login, through, shown, greeted, aborted } = about
  const where = `${addressOf(login)}${through === undefined ? '' : ` (through ${addressOf(through)})`}`
  const { message = '', code = '', level = '' } = (error ?? {}) as { message?: string; code?: unknown; level?: string }
  if (aborted) return tooLate(where)
  if (message.includes('Host denied')) {
    const pinned = [...(login.hostKeys?.fingerprints ?? [])].join(', ')
    const what = say`${where} shows the host key ${shown}, which is not pinned (${ours(pinned)}). No key of an account was sent.`
    return new RotationError('HostKeyMismatch', what, { cause: error })
  }
  const algorithm = /no matching (.+)$/.exec(message)?.[1]
  if (algorithm !== undefined) {
    return new RotationError('NoCommonAlgorithm', say`${where} and the function have no ${algorithm} in common.`, {
      cause: error,
    })
  }
  if (level === 'client-authentication') return refused(where, login, error)
  // Whether it shows as an end or as a reset is a matter of moments.
  if (message === 'Connection lost before handshake' || (!greeted && (code === 'ECONNRESET' || code === 'EPIPE'))) {
    return new RotationError('HostBusy', say`${where} hung up before it said anything.`, { cause: error })
  }
  const said = message === '' ? '' : ` (${quotable(message)})`
  return new RotationError('NoAnswer', say`${where} accepted the connection but did not complete the login${said}.`, {
    likely: say`Something else than an SSH server listens there, or the server is overloaded or hung.`,
    remedy: say`Check host and port, and the health of the server.`,
    cause: error,
  })
}

function refused(where: string, { username, key: { publicKey, type } }: SshLogin, cause: unknown): RotationError {
  const size = type.name === 'rsa' ? ` of ${type.bits} bits` : ''
  const line = publicKeyLine(publicKey)
  return new RotationError('LoginRefused', say`${where} refuses ${username} with the key ${publicKey.type}${size}.`, {
    likely: say`There is no such account, or the key is not in the file that sshd reads; or the account is locked, expired or not allowed (AllowUsers); or the file or its folders are writable for others (StrictModes); or sshd does not take such keys (RequiredRSASize, PubkeyAcceptedAlgorithms).`,
    remedy: say`The host's sshd log says which. To put the key into the file, run this as ${username} on the host, with the path that authorized_keys_path has where the secret has one: printf '\\n%s\\n' '${line}' >> ~/.ssh/authorized_keys ; and then rotate again.`,
    cause,
  })
}

/** Why a jump host opened no connection to the next host (RFC 4254 §5.1 has the reasons). */
export function forwardError(error: unknown, from: Address, to: Address, aborted: boolean): RotationError {
  const [where, jump] = [addressOf(to), addressOf(from)]
  const { reason, message = '' } = (error ?? {}) as { readonly reason?: unknown; readonly message?: string }
  if (aborted) return new RotationError('TimedOut', say`${jump} did not reach ${where} before the time ran out.`)
  // OpenSSH gives 1, "administratively prohibited", for both of its settings (tried).
  if (reason === 1) {
    return new RotationError('JumpRefused', say`The jump host ${jump} does not forward to ${where}.`, { cause: error })
  }
  if (reason === 2) {
    const what = say`${where} cannot be reached from the jump host ${jump} (${quotable(message)}).`
    return new RotationError('Unreachable', what, {
      likely: say`The host is stopped, its name is not known there, or its security group does not admit the jump host.`,
      remedy: say`Check host and port, and that the security group of the host admits the jump host.`,
      cause: error,
    })
  }
  return brokenOff(say`The connection to the jump host ${jump} ended on the way to ${where}.`, 'jump host', error)
}

/** A connection was there and ended; nobody knows what ended it. @param to which kind of host it went */
export function brokenOff(what: Words, to: 'host' | 'jump host', cause: unknown): RotationError {
  return new RotationError('NoAnswer', what, {
    likely: say`The ${ours(to)} was restarted, or something in between closed the connection.`,
    remedy: say`Nothing, if a later attempt succeeds; else look into the sshd log of the ${ours(to)}.`,
    cause,
  })
}
