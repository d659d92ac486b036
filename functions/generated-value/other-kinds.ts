import { RotationError } from '../../shared/errors/rotation-error.ts'
import { ours, say, type Words } from '../../shared/errors/words.ts'

const databases = ours(
  'PostgresSingleUser, MysqlSingleUser, MariadbSingleUser, or that of another strategy, of the database that it is for',
)

interface OtherKind {
  /** What the secret looks like, after "The secret is". */
  readonly what: Words
  /** What would be wrong with another value in it. */
  readonly likely: Words
  readonly remedy: Words
}

const login: OtherKind = {
  what: say`a login at a server`,
  likely: say`The server knows the password, too: this function would change the secret and not the server.`,
  remedy: say`For a database, rotate it with the function ${databases}.`,
}
const pem: OtherKind = {
  what: say`a key or a certificate (PEM)`,
  likely: say`Its other half is elsewhere, in a certificate or on servers: a random text in its place would be of no use.`,
  remedy: say`Rotate it with a function for its kind.`,
}
const minted: OtherKind = {
  what: say`a key or a token that a provider has issued`,
  likely: say`The provider knows it, too: this function would change the secret and not what the provider takes.`,
  remedy: say`Rotate it with a function for its kind.`,
}

/** Fields that none but a secret of another kind has, and what it takes besides. */
const fieldsOf: readonly (readonly [fields: readonly string[], kind: OtherKind])[] = [
  [['engine'], login],
  [['masterarn'], login],
  [['host'], login],
  [['dbInstanceIdentifier'], login],
  [['dbClusterIdentifier'], login],
  [['private_key'], pem],
  [['PrivateKey'], pem],
  [['refresh_token'], minted],
  [['api_key', 'secret_key'], minted],
  [['AccessKeyId', 'SecretAccessKey'], minted],
]

/**
 * Refuses what is no generated value: its other half is known to somebody who does not read the secret.
 * @param json the fields of the secret, where it is a JSON object
 * @param fields those that would get a new value
 * @throws RotationError InvalidSecret, which names the function for the kind that it looks like
 */
export function checkKind(
  text: string,
  json: Readonly<Record<string, unknown>> | undefined,
  fields: readonly string[],
) {
  const kind = json === undefined ? kindOfText(text) : kindOfJson(json, fields)
  if (kind === undefined) return
  throw new RotationError('InvalidSecret', say`The secret is ${kind.what}.`, {
    likely: kind.likely,
    remedy: say`${kind.remedy} Only if nobody but the readers of the secret has to know the value: VALUE_CHECK=off.`,
  })
}

function kindOfJson(json: Readonly<Record<string, unknown>>, fields: readonly string[]): OtherKind | undefined {
  const [, kind] = fieldsOf.find(([names]) => names.every((name) => isGiven(json[name]))) ?? []
  if (kind !== undefined) return kind
  const values = fields.map((field) => String(json[field]))
  if (values.some((value) => value.includes('-----BEGIN '))) return pem
  return values.some((value) => url.test(value)) ? login : undefined
}

/** Consoles and templates write empty fields. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

const url = /^\s*["']?[a-z][a-z0-9+.:-]*:\/\//i

/** One word is the only bare text that is sure to hold a value and nothing else. */
function kindOfText(text: string): OtherKind | undefined {
  if (text.includes('-----BEGIN ')) return pem
  if (url.test(text)) return login
  if (/^\S+$/.test(text) && !/^["'[{]/.test(text)) return undefined
  return {
    what: say`neither a JSON object nor a single word`,
    likely: say`It is a list, a file of settings (dotenv, YAML) or a text: as a whole it would be lost.`,
    remedy: say`Store the value alone, or a JSON object, and name its field in VALUE_FIELDS.`,
  }
}
