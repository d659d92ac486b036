import type { ErrorCode } from '../rotation/error-catalogue.ts'
import { RotationError } from '../rotation/errors.ts'
import { address, type Login } from './secret.ts'

/** Names that Node gives to what is wrong with a certificate (Node manual, "X509 certificate error codes"). */
const certificateProblems: Readonly<Record<string, ErrorCode>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'CertificateNameMismatch',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'CertificateUntrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'CertificateUntrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'CertificateUntrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'CertificateUntrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'CertificateUntrusted',
  CERT_HAS_EXPIRED: 'CertificateUntrusted',
  CERT_NOT_YET_VALID: 'CertificateUntrusted',
  CERT_SIGNATURE_FAILURE: 'CertificateUntrusted',
}

/**
 * Why a connection did not come about, where it was not the database that said so.
 * @param code the `code` of Node's error, or of the one that the driver has hidden
 * @param reached whether the TCP connection had come about
 */
export function networkError(code: string, login: Login, reached: boolean, cause: unknown): RotationError {
  const where = address(login)
  const certificate = certificateProblems[code]
  if (certificate !== undefined)
    return new RotationError(certificate, `The certificate of ${where} was not accepted (${code}).`, { cause })
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const likely = 'The host is misspelt or deleted, or the name is not known in the network of the function.'
    return new RotationError('Unreachable', `The name ${login.host} cannot be resolved (${code}).`, { cause, likely })
  }
  if (reached)
    return new RotationError('NoAnswer', `${where} accepted the connection but did not complete the login.`, { cause })
  return new RotationError('Unreachable', `${where} cannot be reached (${code || 'no answer in time'}).`, { cause })
}

/** The error for a server without TLS, where the secret asks for it. */
export function tlsUnavailable(login: Login, cause: unknown): RotationError {
  return new RotationError('TlsUnavailable', `${address(login)} does not offer TLS.`, { cause })
}

/**
 * Why a statement got no answer: our own deadline, or a connection that ended.
 * @param doing what the statement was for, in a few words
 * @param outOfTime whether it was we who gave up
 */
export function brokenOff(code: string, doing: string, login: Login, outOfTime: boolean, cause: unknown) {
  const where = address(login)
  if (outOfTime) return new RotationError('TimedOut', `${doing} at ${where} took too long.`, { cause })
  const what = `${doing} at ${where} failed: the connection ended (${code || 'no answer in time'}).`
  const likely = 'The server or something in between closed the connection or stopped answering.'
  return new RotationError('ServerNotReady', what, { cause, likely })
}
