import './iam-error-codes.ts'
import type { ErrorDetails } from '../errors/rotation-error.ts'
import { ours, say } from '../errors/words.ts'
import type { ServiceCodes } from './aws-failure.ts'

/** What calls of IAM and STS fail of. It is here so that no other function carries it. */
export const iamCodes: ServiceCodes = { unreachable: 'IamUnreachable', failed: 'IamFailed', denied }

/** IAM says in its message where a policy forbids what another one allows, and so does STS. */
function denied(call: string, said: string): ErrorDetails {
  if (/MultiFactorAuth|explicit deny/i.test(said)) {
    return {
      likely: say`A policy forbids the call, as those do that demand MFA (aws:MultiFactorAuthPresent) or certain networks (aws:SourceIp): no function has MFA.`,
      remedy: say`Look for Deny in the policies of the caller, its permissions boundary and the SCPs of the organization, and except the function's role there.`,
    }
  }
  if (call.startsWith('sts:')) {
    return {
      likely: say`A VPC endpoint policy of STS does not let the key through: IAM itself allows this call to everybody.`,
      remedy: say`Allow sts:GetCallerIdentity in the policy of the endpoint.`,
    }
  }
  return {
    likely: say`The function's role does not allow the call on this user.`,
    remedy: say`List the ARN of the user in IamUserArns of the template, or allow ${ours(call)} on it.`,
  }
}
