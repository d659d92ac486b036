import { randomBytes } from 'node:crypto'
import { notFound, validation } from './errors.ts'

/** The one account that exists here. No real account has the number. */
export const account = '000000000000'
/** The Region of requests that are signed for none. */
export const defaultRegion = 'us-east-1'

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** AWS's text for every operation that takes a name; `!` is for secrets that other services own. */
export function checkName(name: string): string {
  if (/^[\w/+=.@!-]+$/.test(name)) return name
  const allowed = 'Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!'
  throw validation(`Invalid name. ${allowed}`)
}

/** China and the US government have partitions of their own (IAM user guide, "Amazon Resource Names"). */
function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn'
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
}

function arnIn(service: string, region: string, resource: string): string {
  return `arn:${partitionOf(region)}:${service}:${region}:${account}:${resource}`
}

/** A secret's ARN: its name, a hyphen and six random characters, so that a new secret of the same name is another. */
export function arnFor(name: string, region: string): string {
  const suffix = [...randomBytes(6)].map((byte) => letters[byte % letters.length]).join('')
  return arnIn('secretsmanager', region, `secret:${name}-${suffix}`)
}

/** A function is in every Region, under an ARN for each. */
export function arnOfFunction(id: string, region = defaultRegion): string {
  return arnIn('lambda', region, `function:${id}`)
}

/** The ARN of a user or a role in IAM or STS, which have no Region. */
export function arnOfIdentity(service: 'iam' | 'sts', region: string, resource: string): string {
  return `arn:${partitionOf(region)}:${service}::${account}:${resource}`
}

/** @returns the Region in an ARN; where it has none, the Region of unsigned requests */
export function regionIn(arn: string): string {
  return /^arn:[\w-]+:[\w-]+:([\w-]+):/.exec(arn)?.[1] ?? defaultRegion
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
