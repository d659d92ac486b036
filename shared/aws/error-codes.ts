import type { GeneralError } from '../errors/general-error.ts'

/** What Secrets Manager, RDS and IAM can fail with. */
export const awsErrors = {
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
  RdsUnreachable: {
    cause: 'A function in a VPC has no route to the RDS API: no endpoint, no NAT, or a security group in the way.',
    remedy:
      "Give the function's subnets an interface endpoint for RDS (com.amazonaws.REGION.rds) or NAT; or use a superuser secret with the host and port of this secret: then RDS is not asked.",
    retryable: true,
  },
  RdsFailed: {
    cause: 'RDS throttled the call or had a fault of its own, and went on doing so when it was repeated.',
    remedy:
      'Wait: Secrets Manager tries the rotation again. If it lasts, look for what else asks RDS much, or use a superuser secret with host and port.',
    retryable: true,
  },
  IamUnreachable: {
    cause: 'A function in a VPC has no route to IAM or STS: no NAT, or a security group in the way.',
    remedy:
      'Take the function out of the VPC, or give its subnets NAT: IAM answers in one Region alone, whose endpoint most VPCs cannot have.',
    retryable: true,
  },
  IamFailed: {
    cause: 'IAM or STS throttled the call or had a fault of its own.',
    remedy:
      'Wait: Secrets Manager tries the rotation again. If it lasts, look for what else calls IAM in the account: its limits are low.',
    retryable: true,
  },
  AccessKeyUnknown: {
    cause: 'The key belongs to a user of another account than the function, or was deleted a moment ago.',
    remedy: "Rotate the secret with a function in the user's own account; no function makes keys in another one.",
    retryable: false,
  },
  AccessKeySlotTaken: {
    cause: 'Somebody has made a key by hand, or another secret rotates the keys of the same user.',
    remedy: 'Find out who uses the key, then free its place with the command that is named above.',
    retryable: false,
  },
  AccessKeySlotBusy: {
    cause: 'Another run of the same rotation has just made its key, or was killed before it could store it.',
    remedy:
      'Wait: Secrets Manager tries the rotation again. A run that begins one timeout of the function later deletes a key that was never stored.',
    retryable: true,
  },
} as const satisfies Record<string, GeneralError>
