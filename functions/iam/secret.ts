import type { NewAccessKey } from '../../shared/aws/iam.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { ours, say } from '../../shared/errors/words.ts'
import { parseJsonObject, textIn } from '../../shared/json-secret.ts'
import type { SecretForm } from '../../shared/rotation/secret-store.ts'
import { smtpPassword } from './smtp.ts'

/** A secret that holds an access key. Fields that nobody here knows are kept. */
export interface AccessKeySecret {
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
  readonly id: string
  readonly secretKey: string
  /** Whose it should be, where the secret says so. */
  readonly userName: string | undefined
}

/** The fields of a key: as other kinds of secrets name theirs, as the API of IAM does, and as files and variables for the SDKs do. */
const pairs = [
  ['api_key', 'secret_key'],
  ['AccessKeyId', 'SecretAccessKey'],
  ['accessKeyId', 'secretAccessKey'],
  ['access_key_id', 'secret_access_key'],
  ['aws_access_key_id', 'aws_secret_access_key'],
  ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
] as const

/** @throws RotationError InvalidSecret, which names the field and never its value */
export function parseAccessKeySecret(text: string): AccessKeySecret {
  const json = parseJsonObject(text)
  const [idField, secretField] = pairIn(json)
  const id = textField(json, idField)
  const secretKey = textField(json, secretField)
  if (/^ASIA/.test(id)) {
    throw new RotationError('InvalidSecret', say`"${ours(idField)}" in the secret is of temporary credentials.`, {
      likely: say`It was copied from a session, which ends by itself: there is nothing to rotate.`,
      remedy: say`Put an access key of the user: "aws iam create-access-key --user-name NAME" makes one.`,
    })
  }
  // API reference of IAM, "AccessKey": 16 to 128 letters, digits and underscores.
  if (!/^\w{16,128}$/.test(id)) throw fieldError(idField, 'the id of an access key (AKIA and 16 characters)')
  if (!/^[!-~]+$/.test(secretKey)) throw fieldError(secretField, 'the secret half of the key, without blanks')
  const region = textIn(json, 'smtp_region')
  if (region !== undefined && !/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) {
    throw fieldError('smtp_region', 'a Region, for instance eu-west-1')
  }
  return { text, json, id, secretKey, userName: textIn(json, 'user_name') ?? textIn(json, 'UserName') }
}

export const accessKeyForm: SecretForm<AccessKeySecret> = {
  parse: parseAccessKeySecret,
  sensitive: ({ json, secretKey }) => [secretKey, textIn(json, 'smtp_password') ?? ''],
}

/**
 * The secret with another key: everything else is as it was, in the same order. Where it has an SMTP password, that is
 * derived anew, and so is its user name.
 * @param region of the SMTP endpoint, where the secret names none
 */
export function withKey({ json }: AccessKeySecret, { id, secretKey }: NewAccessKey, region: string): AccessKeySecret {
  const [idField, secretField] = pairIn(json)
  const next: Record<string, unknown> = { ...json, [idField]: id, [secretField]: secretKey }
  if (Object.hasOwn(json, 'smtp_username')) next.smtp_username = id
  if (Object.hasOwn(json, 'smtp_password')) {
    next.smtp_password = smtpPassword(secretKey, textIn(json, 'smtp_region') ?? region)
  }
  return parseAccessKeySecret(JSON.stringify(next))
}

function pairIn(json: Readonly<Record<string, unknown>>): (typeof pairs)[number] {
  const [pair, other] = pairs.filter(([id]) => Object.hasOwn(json, id))
  if (pair === undefined) {
    throw new RotationError('InvalidSecret', say`The secret has no access key.`, {
      likely: say`The first key was not put into it yet, or stands under other names.`,
      remedy: say`Put {"api_key": "AKIA...", "secret_key": "..."}; "aws iam create-access-key --user-name NAME" makes a key.`,
    })
  }
  if (other === undefined) return pair
  const what = say`The secret has two keys, "${ours(pair[0])}" and "${ours(other[0])}".`
  throw new RotationError('InvalidSecret', what, {
    likely: say`It was put together for programs that read different names.`,
    remedy: say`Keep one pair of fields; a program that wants others can be given a secret of its own, with a key of its own.`,
  })
}

function textField(json: Readonly<Record<string, unknown>>, name: string): string {
  const value = Object.hasOwn(json, name) ? json[name] : undefined
  if (typeof value === 'string' && value !== '') return value
  throw new RotationError('InvalidSecret', say`"${ours(name)}" in the secret must be a text that is not empty.`)
}

function fieldError(field: string, rule: string): RotationError {
  return new RotationError('InvalidSecret', say`"${ours(field)}" in the secret must be ${ours(rule)}.`, {
    remedy: say`Correct it. docs/iam-access-keys.md has all fields.`,
  })
}
