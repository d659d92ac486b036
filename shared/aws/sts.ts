import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { isCalled, toRotationError } from './aws-errors.ts'
import { requestHandler } from './clients.ts'
import { stsCodes } from './iam-errors.ts'

/** Whose a key is; or that STS does not know it (or no longer, or not yet), or that its secret half is a wrong one. */
export type Identity = { readonly arn: string } | { readonly refusal: 'unknown' | 'wrong secret' }

/**
 * Asks STS with an access key whose it is. Every key may ask this, whatever its policies say.
 * @throws RotationError AccessDenied, IamUnreachable, IamFailed or TimedOut
 */
export async function identityOf(
  { id, secretKey }: { readonly id: string; readonly secretKey: string },
  abortSignal: AbortSignal,
): Promise<Identity> {
  const credentials = { accessKeyId: id, secretAccessKey: secretKey }
  const client = new STSClient({ maxAttempts: 3, requestHandler, credentials })
  try {
    const { Arn } = await client.send(new GetCallerIdentityCommand({}), { abortSignal })
    return { arn: Arn ?? '' }
  } catch (error) {
    if (isCalled(error, 'InvalidClientTokenId')) return { refusal: 'unknown' }
    if (isCalled(error, 'SignatureDoesNotMatch')) return { refusal: 'wrong secret' }
    throw toRotationError(error, 'sts:GetCallerIdentity', `access key ${id}`, stsCodes)
  } finally {
    client.destroy()
  }
}
