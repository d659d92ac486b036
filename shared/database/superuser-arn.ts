import { RotationError } from '../errors/rotation-error.ts'
import { ours, say } from '../errors/words.ts'
import type { RotationContext } from '../rotation/context.ts'
import type { Owner } from './secret.ts'

/**
 * The ARN of the superuser's secret.
 * @throws RotationError InvalidSecret where the secret names none, or one of another Region
 */
export function checkedSuperuserArn(
  { superuserArn: arn }: Pick<Owner, 'superuserArn'>,
  { secretId }: Pick<RotationContext, 'secretId'>,
): string {
  if (arn === undefined) {
    throw new RotationError('InvalidSecret', say`masterarn key is missing from secret JSON.`, {
      remedy: say`Add "masterarn" with the ARN of the superuser's secret. Or remove AWSPENDING with update-secret-version-stage, and rotate with the function of a strategy that needs no superuser (single-user; dual-password where the login may do it itself).`,
    })
  }
  if (typeof arn === 'string' && arn.length <= 2048) {
    const [here, there] = [regionOf(secretId), regionOf(arn)]
    if (here === undefined || there === undefined || here === there) return arn
    throw new RotationError('InvalidSecret', say`"masterarn" is in ${ours(there)}, and the secret in ${ours(here)}.`, {
      likely: say`The secret was copied from another Region, or is a replica that was promoted.`,
      remedy: say`Put the ARN of the superuser's secret in ${ours(here)} into "masterarn"; replicate-secret-to-regions makes one.`,
    })
  }
  throw new RotationError('InvalidSecret', say`"masterarn" in the secret must be the ARN of a secret.`)
}

/** `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME`; undefined for a name alone. */
function partsOf(arn: string): { readonly region: string; readonly account: string } | undefined {
  const [, region, account] = /^arn:[\w-]+:secretsmanager:([\w-]+):(\d{12}):/.exec(arn) ?? []
  return region === undefined || account === undefined ? undefined : { region, account }
}

function regionOf(arn: string): string | undefined {
  return partsOf(arn)?.region
}

/** AWS says of a secret of another account that is not shared what it says of any missing permission. */
export function explainedAccount(error: unknown, arn: string, secretId: string): unknown {
  const [here, there] = [partsOf(secretId)?.account, partsOf(arn)?.account]
  const isDenied =
    error instanceof RotationError && ['AccessDenied', 'KmsAccessDenied', 'SecretNotFound'].includes(error.code)
  if (!isDenied || here === there || there === undefined) return error
  return new RotationError(error.code, error.what, {
    likely: say`The superuser's secret is in account ${ours(there)}, the function in ${ours(String(here))}.`,
    remedy: say`Allow secretsmanager:GetSecretValue to the function's role in that secret's resource policy and kms:Decrypt in the policy of its key (not aws/secretsmanager, which no other account can use), and name its ARN in SuperuserSecretArns.`,
    cause: error.cause,
  })
}
