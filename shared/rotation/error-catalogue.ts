import { databaseErrors } from './database-errors.ts'
import { httpErrors } from './http-errors.ts'
import { sshErrors } from './ssh-errors.ts'

/**
 * Every way a rotation can fail. The list is closed: alarms, dashboards and run books may rely on it.
 * `cause` and `remedy` are the general ones of a code; a place that knows better says so itself.
 * `retryable` says whether running the same step again, with nothing else changed, can succeed.
 */
export const errorCatalogue = {
  InvalidEvent: {
    cause: 'The function was not invoked by Secrets Manager, or with a hand-made event.',
    remedy: 'Start the rotation with rotate-secret, or send an event like those in events/.',
    retryable: false,
  },
  InvalidStep: {
    cause: 'One AWS page prints the steps in snake_case, but Secrets Manager sends them in camelCase.',
    remedy: 'Use createSecret, setSecret, testSecret or finishSecret.',
    retryable: false,
  },
  InvalidConfiguration: {
    cause: "One of the function's environment variables has a value that cannot be used.",
    remedy: 'Correct the variable that is named above.',
    retryable: false,
  },
  RotationNotEnabled: {
    cause: 'Rotation was cancelled, or never configured, for this secret.',
    remedy: 'Configure rotation with rotate-secret and this function.',
    retryable: false,
  },
  UnknownVersion: {
    cause: 'The event is old, or the version was replaced by a manual change of the secret while it rotated.',
    remedy: 'Start a new rotation with rotate-secret; do not replay old events.',
    retryable: false,
  },
  NotPending: {
    cause: 'The event is old, or AWSPENDING was moved or removed by hand while the secret rotated.',
    remedy: 'Start a new rotation with rotate-secret; list-secret-version-ids shows which version is pending now.',
    retryable: false,
  },
  VersionMissing: {
    cause: 'The version holds no value: createSecret has not run for it, or the value was deleted.',
    remedy: 'Run createSecret first; if AWSPENDING is left over, remove it with update-secret-version-stage.',
    retryable: true,
  },
  VersionConflict: {
    cause: 'Another process changed the versions of the secret at the same moment.',
    remedy: 'Nothing, if a later attempt succeeds; else look for who else writes to the secret.',
    retryable: true,
  },
  InvalidSecret: {
    cause: 'The secret was written by hand or for another kind of function.',
    remedy: 'Put a corrected value with put-secret-value. The pages in docs/ list the fields of each kind of secret.',
    retryable: false,
  },
  SecretNotFound: {
    cause: 'The secret was deleted, or the name or ARN is wrong.',
    remedy: 'Restore the secret with restore-secret, or correct the ARN.',
    retryable: false,
  },
  AccessDenied: {
    cause: "The function's role, the secret's resource policy or a VPC endpoint policy does not allow the call.",
    remedy: "Allow the call that is named above on this secret's ARN.",
    retryable: false,
  },
  KmsAccessDenied: {
    cause: "The function's role may not use the KMS key of the secret, or the key is disabled.",
    remedy: "Allow kms:Decrypt and kms:GenerateDataKey on the key, with this secret's encryption context.",
    retryable: false,
  },
  SecretsManagerUnreachable: {
    cause: 'A function in a VPC has no route to Secrets Manager: no endpoint, no NAT, or a security group in the way.',
    remedy: "Give the function's subnets an interface endpoint for Secrets Manager (or NAT) that admits port 443.",
    retryable: true,
  },
  SecretsManagerFailed: {
    cause: 'Secrets Manager throttled the call or had a fault of its own, and went on doing so when it was repeated.',
    remedy: 'Wait: Secrets Manager tries the rotation again. If it lasts, rotate fewer secrets at the same time.',
    retryable: true,
  },
  EndpointUntrusted: {
    cause: "The endpoint of Secrets Manager or RDS did not prove with its certificate that it is AWS's.",
    remedy:
      'Let the function reach AWS without a proxy that inspects TLS, or add the authority of that proxy with NODE_EXTRA_CA_CERTS.',
    retryable: false,
  },
  ...databaseErrors,
  ...sshErrors,
  ...httpErrors,
  TimedOut: {
    cause:
      'Something outside answered too slowly, a database waited for a lock, or the timeout of the function is too short.',
    remedy:
      'Give the function 30 seconds or more; check the network to what is named above, and who holds locks in the database.',
    retryable: true,
  },
  Internal: {
    cause: 'A defect in the function.',
    remedy: 'Report it, with the class of the error and the stack; the old credential was left as it is.',
    retryable: true,
  },
} as const satisfies Record<string, { cause: string; remedy: string; retryable: boolean }>

export type ErrorCode = keyof typeof errorCatalogue
