import { generalErrors } from '../errors/general-error.ts'

/** What Secrets Manager and RDS can fail with. */
export const awsErrors = generalErrors({
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
})
