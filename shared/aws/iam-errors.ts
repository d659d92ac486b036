import './iam-error-codes.ts'
import type { ErrorDetails } from '../errors/rotation-error.ts'
import { ours, say } from '../errors/words.ts'
import type { ServiceCodes } from './aws-failure.ts'

const unreachable = 'IamUnreachable'
const failed = 'IamFailed'

/** What calls of IAM fail of. It is here so that no other function carries it. */
export const iamCodes: ServiceCodes = {
  unreachable,
  failed,
  denied: (call, said) =>
    forbidden(said) ?? {
      likely: say`The function's role does not allow the call on this user.`,
      remedy: say`List the ARN of the user in IamUserArns of the template, or allow ${ours(call)} on it.`,
    },
}

/** What calls of STS fail of. It is asked with the key that is rotated. */
export const stsCodes: ServiceCodes = {
  unreachable,
  failed,
  hasOtherCredentials: true,
  denied: (_call, said) =>
    forbidden(said) ?? {
      likely: say`A VPC endpoint policy of STS does not let the key through: IAM itself allows this call to everybody.`,
      remedy: say`Allow sts:GetCallerIdentity in the policy of the endpoint.`,
    },
}

/** IAM says in its message where a policy forbids what another one allows, and so does STS. */
function forbidden(said: string): ErrorDetails | undefined {
  if (!/MultiFactorAuth|explicit deny/i.test(said)) return undefined
  return {
    likely: say`A policy forbids the call, as those do that demand MFA (aws:MultiFactorAuthPresent) or certain networks (aws:SourceIp): no function has MFA.`,
    remedy: say`Look for Deny in the policies of the caller, its permissions boundary and the SCPs of the organization, and except the function's role there.`,
  }
}
