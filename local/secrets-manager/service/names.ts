import { randomBytes } from 'node:crypto'
import { notFound, validation } from './errors.ts'

/** The one account and Region that exist here. The account number is nobody's. */
export const account = '000000000000'
export const region = 'us-east-1'

const arnOfSecret = /^arn:aws:secretsmanager:us-east-1:000000000000:secret:(.+)$/
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** AWS's text for every operation that takes a name; `!` is for secrets that other services own. */
export function checkName(name: string): string {
  if (/^[\w/+=.@!-]+$/.test(name)) return name
  const allowed = 'Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!'
  throw validation(`Invalid name. ${allowed}`)
}

/** A secret's ARN: its name, a hyphen and six random characters, so that a new secret of the same name is another. */
export function arnFor(name: string): string {
  const suffix = [...randomBytes(6)].map((byte) => letters[byte % letters.length]).join('')
  return `arn:aws:secretsmanager:${region}:${account}:secret:${name}-${suffix}`
}

export function arnOfFunction(id: string): string {
  return `arn:aws:lambda:${region}:${account}:function:${id}`
}

/**
 * Says whether a SecretId means the secret: its name, its ARN, or the ARN without the six characters. A partial ARN
 * that itself ends in a hyphen and six characters is taken for a complete one (API reference, GetSecretValue).
 * @throws ServiceError ValidationException for what cannot be a name, ResourceNotFoundException for a foreign ARN
 */
export function matcherFor(secretId: string): (secret: { readonly arn: string; readonly name: string }) => boolean {
  if (!secretId.startsWith('arn:')) {
    checkName(secretId)
    return ({ name }) => name === secretId
  }
  const resource = arnOfSecret.exec(secretId)?.[1]
  if (resource === undefined) throw notFound("Secrets Manager can't find the specified secret.")
  const complete = /-[A-Za-z0-9]{6}$/.test(resource)
  return ({ arn }) => arn === secretId || (!complete && arn.slice(0, -7) === secretId)
}
