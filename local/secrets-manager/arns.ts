import { randomBytes } from 'node:crypto'

/** The one account that exists here. No real account has the number. */
export const account = '000000000000'
/** The Region of requests that are signed for none. */
export const defaultRegion = 'us-east-1'

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** China and the US government have partitions of their own (IAM user guide, "Amazon Resource Names"). */
function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn'
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
}

/** The ARN of a resource in the one account. */
export function arnIn(service: string, region: string, resource: string): string {
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
