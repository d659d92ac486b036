import './iam-error-codes.ts'
import { type ErrorDetails, RotationError } from '../errors/rotation-error.ts'
import { ours, say } from '../errors/words.ts'
import { type ServiceCodes, toRotationError } from './aws-errors.ts'

const codes: ServiceCodes = { unreachable: 'IamUnreachable', failed: 'IamFailed' }

/** What a call of IAM or STS failed of. It is here so that no other function carries it. */
export function toIamError(error: unknown, call: string, resource: string): RotationError {
  const failed = toRotationError(error, call, resource, undefined, codes)
  if (failed.code !== 'AccessDenied') return failed
  const said = error instanceof Error ? error.message : ''
  return new RotationError('AccessDenied', failed.what, { ...refused(said, call), cause: failed.cause })
}

/** IAM says in its message where a policy forbids what another one allows, and so does STS. */
function refused(said: string, call: string): ErrorDetails {
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
