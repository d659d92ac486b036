import type { ErrorCode } from '../errors/catalogue.ts'
import { type Effect, type ErrorDetails, RotationError } from '../errors/rotation-error.ts'
import { kind, ours, say } from '../errors/words.ts'
import { type TlsProblem, tlsProblem } from '../network/tls-problem.ts'
import { quotable } from '../rotation/redact.ts'

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

/** What says that the process has no credentials, or none that AWS knows. */
const noCredentials = [
  'CredentialsProviderError',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'ExpiredTokenException',
  'ExpiredToken',
]

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
  /** What the role must allow a call on; undefined where that is a secret, or where the caller says more of it. */
  readonly resources?: string
}

const secretsManagerCodes: ServiceCodes = {
  unreachable: 'SecretsManagerUnreachable',
  failed: 'SecretsManagerFailed',
}

/**
 * What an AWS call failed of, in an operator's words.
 * @param call the IAM action of the call, for instance `secretsmanager:GetSecretValue`
 * @param resource the ARN or name the call was about
 * @param effect what is known of it, for calls of which somebody has to know
 * @param codes of another service than Secrets Manager
 */
export function toRotationError(
  error: unknown,
  call: string,
  resource: string,
  effect?: Effect,
  codes: ServiceCodes = secretsManagerCodes,
): RotationError {
  const name = (error instanceof Error && tidy(error.name)) || 'unknown error'
  const said = error instanceof Error ? error.message : ''
  const code = classify(name, said, call, error, codes)
  const details = { cause: presentable(error), effect: effect ?? 'possible' }
  if (code === 'TimedOut')
    return new RotationError(code, say`The time ran out during ${ours(call)} on ${resource}.`, {
      ...slowAws,
      ...details,
    })
  return new RotationError(code, say`${ours(call)} on ${resource} failed: ${kind(systemCode(error) ?? name)}.`, {
    ...hint(code, name, said, call, error, codes),
    ...details,
  })
}

const slowAws = {
  likely: say`AWS throttles the call, which is repeated meanwhile, or answers late.`,
  remedy: say`Give the function 30 seconds or more.`,
}

/**
 * What may be passed on of an AWS error. Its other fields are whatever the answer held, and the message of a parser
 * quotes what it could not read: either can be a piece of a secret that nobody has concealed yet.
 */
function presentable(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined
  const { httpStatusCode, requestId } = '$metadata' in error ? (error.$metadata as ResponseMetadata) : {}
  const clean = new Error('$fault' in error ? quotable(error.message) : 'no message is passed on')
  return Object.assign(clean, {
    name: tidy(error.name) ?? 'Error',
    code: systemCode(error),
    httpStatusCode,
    requestId: tidy(requestId),
  })
}

/** ECONNREFUSED and the like, where there is one. */
function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? tidy(error.code) : undefined
}

interface ResponseMetadata {
  readonly httpStatusCode?: number
  readonly requestId?: string
}

/** A name or an id as AWS and Node write them; undefined for anything else. */
function tidy(text: unknown): string | undefined {
  return typeof text === 'string' && /^[\w.-]{1,64}$/.test(text) ? text : undefined
}

function classify(name: string, said: string, call: string, error: unknown, codes: ServiceCodes): ErrorCode {
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

function tlsProblemOf(error: unknown): TlsProblem | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return tlsProblem(String(error.code), error.message)
}

/** What is known of databases (DATABASE_CA_BUNDLE, "ssl") does not count here. */
function endpointHint(error: unknown, call: string): ErrorDetails {
  const problem = tlsProblemOf(error)
  const known = problem?.details.likely
  if (problem?.code === 'CertificateUntrusted') {
    return {
      likely: known ?? say`A proxy or firewall that inspects TLS answers in the place of AWS.`,
      remedy: say`If it is a proxy of your own, add its authority with NODE_EXTRA_CA_CERTS (a PEM file in a layer or in the function's package). Else let the function reach AWS itself, for instance by an interface endpoint.`,
    }
  }
  if (problem?.code === 'CertificateNameMismatch') {
    const variable = call.startsWith('rds:') ? 'AWS_ENDPOINT_URL' : 'SECRETS_MANAGER_ENDPOINT or AWS_ENDPOINT_URL'
    return {
      likely: say`${ours(variable)} names the endpoint by an alias or an address, or a proxy answers there.`,
      remedy: say`Name the endpoint as its certificate does, or leave the variable out: then it is that of the Region.`,
    }
  }
  return known === undefined ? {} : { likely: known }
}

function hint(
  code: ErrorCode,
  name: string,
  said: string,
  call: string,
  error: unknown,
  codes: ServiceCodes,
): ErrorDetails {
  if (code === 'EndpointUntrusted') return endpointHint(error, call)
  if (noCredentials.includes(name)) {
    const remedy = say`In Lambda: give the function a role. On a laptop: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret.`
    return { likely: say`The process has no valid AWS credentials.`, remedy }
  }
  if (code === 'AccessDenied' && codes.resources !== undefined) {
    return {
      likely: say`The function's role or a VPC endpoint policy does not allow the call.`,
      remedy: say`Allow ${ours(call)} on the ${ours(codes.resources)} whose secrets are rotated, as template.yaml does.`,
    }
  }
  if (code === 'SecretNotFound' && said.includes('deletion')) {
    return { likely: say`The secret is scheduled for deletion.`, remedy: say`Bring it back with restore-secret.` }
  }
  if (name === 'LimitExceededException') {
    return {
      likely: call.endsWith('Stage')
        ? say`The secret has 20 staging labels.`
        : say`The secret has about 100 versions from the last day, which cannot be removed yet; or 20 staging labels.`,
      remedy: say`Rotate less often, or take labels off that nobody needs.`,
    }
  }
  return {}
}
