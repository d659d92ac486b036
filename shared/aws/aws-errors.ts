import type { ErrorCode } from '../errors/catalogue.ts'
import { type Effect, type ErrorDetails, RotationError } from '../errors/rotation-error.ts'
import { kind, ours, say } from '../errors/words.ts'
import { quotable } from '../rotation/redact.ts'
import { classify, type Failure, type ServiceCodes, systemCode, tidy, tlsProblemOf } from './aws-failure.ts'

/** What says that the process has no credentials, or none that AWS knows. */
const noCredentials = [
  'CredentialsProviderError',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'ExpiredTokenException',
  'ExpiredToken',
]

/**
 * A call of AWS: its IAM action, for instance `secretsmanager:GetSecretValue`; the ARN or name that it is about; the codes of
 * another service than Secrets Manager; and what is known of its effect, where somebody has to know.
 */
type Call = readonly [call: string, resource: string, codes?: ServiceCodes | undefined, effect?: Effect]

const secretsManagerCodes: ServiceCodes = {
  unreachable: 'SecretsManagerUnreachable',
  failed: 'SecretsManagerFailed',
}

/** What an AWS call failed of, in an operator's words. */
export function toRotationError(
  error: unknown,
  ...[call, resource, codes = secretsManagerCodes, effect = 'possible']: Call
): RotationError {
  const name = (error instanceof Error && tidy(error.name)) || 'unknown error'
  const failure = { error, name, said: error instanceof Error ? error.message : '', call, codes }
  const code = classify(failure)
  const details = { cause: presentable(error), effect }
  if (code === 'TimedOut') {
    const what = say`The time ran out during ${ours(call)} on ${resource}.`
    return new RotationError(code, what, { ...slowAws, ...details })
  }
  const what = say`${ours(call)} on ${resource} failed: ${kind(systemCode(error) ?? name)}.`
  return new RotationError(code, what, { ...hint(code, failure), ...details })
}

/** What to do with the error of a call: throws what `toRotationError` makes of it. */
export function failed(...call: Call) {
  return (error: unknown): never => {
    throw toRotationError(error, ...call)
  }
}

/**
 * The same for a call with one error that is an answer as well: what it is about is not there, or is there already.
 * @param answer the name of this error, for which it gives undefined
 */
export function failedBut(answer: string, ...call: Call) {
  return (error: unknown): undefined => {
    if (!isCalled(error, answer)) throw toRotationError(error, ...call)
  }
}

/** Whether it is the error of AWS that has this name. */
export function isCalled(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name
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

interface ResponseMetadata {
  readonly httpStatusCode?: number
  readonly requestId?: string
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

function hint(code: ErrorCode, { error, name, said, call, codes }: Failure): ErrorDetails {
  if (code === 'EndpointUntrusted') return endpointHint(error, call)
  if (noCredentials.includes(name) && codes.hasOtherCredentials !== true) {
    const remedy = say`In Lambda: give the function a role. On a laptop: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret.`
    return { likely: say`The process has no valid AWS credentials.`, remedy }
  }
  if (code === 'AccessDenied' && codes.denied !== undefined) return codes.denied(call, said)
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
