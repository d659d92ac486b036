import type { ErrorCode } from '../errors/catalogue.ts'
import type { ErrorDetails } from '../errors/rotation-error.ts'
import { type TlsProblem, tlsProblem } from '../network/tls-problem.ts'

/** Names of the errors that Secrets Manager, KMS behind it, RDS and the SDK give (API references, "Common Errors"). */
const codeOf: Readonly<Record<string, ErrorCode>> = {
  ResourceNotFoundException: 'SecretNotFound',
  AccessDeniedException: 'AccessDenied',
  AccessDenied: 'AccessDenied',
  UnrecognizedClientException: 'AccessDenied',
  InvalidClientTokenId: 'AccessDenied',
  InvalidSignatureException: 'AccessDenied',
  SignatureDoesNotMatch: 'AccessDenied',
  ExpiredTokenException: 'AccessDenied',
  ExpiredToken: 'AccessDenied',
  CredentialsProviderError: 'AccessDenied',
  DecryptionFailure: 'KmsAccessDenied',
  EncryptionFailure: 'KmsAccessDenied',
  AbortError: 'TimedOut',
}

const unreachable = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
]

/** What is one service's own; its caller gives it, so that no other function carries its words. */
export interface ServiceCodes {
  /** What is missing where the service finds no resource; undefined where the call is about a secret. */
  readonly missing?: ErrorCode
  readonly unreachable: ErrorCode
  readonly failed: ErrorCode
  /** What the role must allow a call on; undefined where that is a secret, or where `denied` says more of it. */
  readonly resources?: string
  /** Whether it is asked with other credentials than those of the process, which are not to blame then. */
  readonly hasOtherCredentials?: boolean
  /** Why a call was not allowed, where the service says that itself. @param said its message */
  denied?(call: string, said: string): ErrorDetails
}

/** A call that failed, with the name of its error and what the error says. */
export interface Failure {
  readonly error: unknown
  readonly name: string
  readonly said: string
  readonly call: string
  readonly codes: ServiceCodes
}

/** What it is that has failed, of the codes of the catalogue. */
export function classify({ error, name, said, call, codes }: Failure): ErrorCode {
  if (name === 'AccessDeniedException' && said.includes('KMS')) return 'KmsAccessDenied'
  if (name === 'InvalidRequestException' && said.includes('deletion')) return 'SecretNotFound'
  // What is sent is well formed: the rotation that its RotationToken is of is over, or was dropped (PutSecretValue, "RotationToken").
  if (name === 'InvalidRequestException' && call.endsWith('PutSecretValue')) return 'NotPending'
  if (codes.missing === undefined && (name === 'InvalidParameterException' || name === 'ValidationException')) {
    return call.endsWith('UpdateSecretVersionStage') ? 'VersionConflict' : 'InvalidSecret'
  }
  // The secret was described a moment before: it is the version that holds nothing.
  if (name === 'ResourceNotFoundException' && call.endsWith('UpdateSecretVersionStage')) return 'VersionMissing'
  if (codes.missing !== undefined && name === 'ResourceNotFoundException') return codes.missing
  const code = codeOf[name]
  if (code !== undefined) return code
  if (tlsProblemOf(error) !== undefined) return 'EndpointUntrusted'
  const isUnreachable = name === 'TimeoutError' || unreachable.includes(systemCode(error) ?? '')
  return isUnreachable ? codes.unreachable : codes.failed
}

/** What is wrong with the certificate of the endpoint, where that is why nothing was asked. */
export function tlsProblemOf(error: unknown): TlsProblem | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return tlsProblem(String(error.code), error.message)
}

/** ECONNREFUSED and the like, where there is one. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? tidy(error.code) : undefined
}

/** A name or an id as AWS and Node write them; undefined for anything else. */
export function tidy(text: unknown): string | undefined {
  return typeof text === 'string' && /^[\w.-]{1,64}$/.test(text) ? text : undefined
}
