import { arnIn } from '../arns.ts'
import { notFound, validation } from './errors.ts'

/** AWS's text for every operation that takes a name; `!` is for secrets that other services own. */
export function checkName(name: string): string {
  if (/^[\w/+=.@!-]+$/.test(name)) return name
  const allowed = 'Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!'
  throw validation(`Invalid name. ${allowed}`)
}

/**
 * Says whether a SecretId means the secret: its name, its ARN, or the ARN without the six characters. A partial ARN
 * that itself ends in a hyphen and six characters is taken for a complete one (API reference, GetSecretValue).
 * @throws ServiceError ValidationException for what cannot be a name, ResourceNotFoundException for an ARN of another
 *   account or Region
 */
export function matcherFor(
  secretId: string,
  region: string,
): (secret: { readonly arn: string; readonly name: string }) => boolean {
  if (!secretId.startsWith('arn:')) {
    checkName(secretId)
    return ({ name }) => name === secretId
  }
  const all = arnIn('secretsmanager', region, 'secret:')
  if (!secretId.startsWith(all) || secretId === all) throw notFound("Secrets Manager can't find the specified secret.")
  const complete = /-[A-Za-z0-9]{6}$/.test(secretId)
  return ({ arn }) => arn === secretId || (!complete && arn.slice(0, -7) === secretId)
}
