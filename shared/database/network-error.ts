import './error-codes.ts'
import type { ErrorCode } from '../errors/catalogue.ts'
import { type ErrorDetails, RotationError } from '../errors/rotation-error.ts'
import { kind, say, type Words } from '../errors/words.ts'
import { tlsProblem } from '../network/tls-problem.ts'
import { reasonOf, unreachable } from '../network/unreachable.ts'
import { address, type Login } from './secret.ts'

/** What there is to say of databases beyond what holds for any server. */
const ofDatabases: Partial<Record<ErrorCode, ErrorDetails>> = {
  NoAnswer: {
    likely: say`Something accepts connections there but is no healthy database: a load balancer, a wrong port, a hung server, an Aurora that was paused and takes 15 seconds or more to resume.`,
    remedy: say`Check host and port, and the health of the server; a paused one has resumed by a later attempt.`,
  },
  TlsUnavailable: {
    remedy: say`Set up TLS on the server. If you accept clear text on this network, put "ssl": false into the secret.`,
  },
  CertificateUntrusted: {
    remedy: say`Set DATABASE_CA_BUNDLE to the PEM file of the authority, or renew the certificate.`,
  },
  CertificateNameMismatch: {
    likely: say`The host in the secret is an alias (CNAME) or an address that the certificate does not name.`,
    remedy: say`Use the server's own name as host, or name it in the secret's field tlsServerName.`,
  },
}

/**
 * Why a connection did not come about, where it was not the database that said so.
 * @param error `code` and `message` of Node's error, also where the driver's error hides it
 * @param reached whether the TCP connection had come about
 */
export function networkError(
  { code, message }: { readonly code: string; readonly message: string },
  login: Login,
  reached: boolean,
  cause: unknown,
): RotationError {
  const where = address(login)
  const problem = tlsProblem(code, message)
  if (problem !== undefined) {
    const what = problem.isCertificate
      ? say`The certificate of ${where} was not accepted (${kind(code)}).`
      : say`TLS with ${where} did not come about (${kind(code)}).`
    return new RotationError(problem.code, what, { ...ofDatabases[problem.code], ...problem.details, cause })
  }
  if (reached)
    return new RotationError('NoAnswer', say`${where} accepted the connection but did not complete the login.`, {
      ...ofDatabases.NoAnswer,
      cause,
    })
  return unreachable(code, { host: login.host, where }, { cause })
}

/** The error for a server without TLS, where the secret asks for it. */
export function tlsUnavailable(login: Login, cause: unknown): RotationError {
  return new RotationError('TlsUnavailable', say`${address(login)} does not offer TLS.`, {
    ...ofDatabases.TlsUnavailable,
    cause,
  })
}

/**
 * Why a statement got no answer: our own deadline, or a connection that ended.
 * @param doing what the statement was for, in a few words
 * @param outOfTime whether it was we who gave up
 */
export function brokenOff(code: string, doing: Words, login: Login, outOfTime: boolean, cause: unknown) {
  const where = address(login)
  if (outOfTime) return new RotationError('TimedOut', say`${doing} at ${where} took too long.`, { cause })
  const what = say`${doing} at ${where} failed: the connection ended (${reasonOf(code)}).`
  const likely = say`The server or something in between closed the connection or stopped answering.`
  return new RotationError('ServerNotReady', what, { cause, likely })
}
