import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say, type Words } from '../../shared/errors/words.ts'

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
  remedy: say`For a database, rotate it with the function PostgresSingleUser, MysqlSingleUser, MariadbSingleUser, or that of another strategy, of the database that it is for.`,
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

/** Names of fields, at any depth, that say where a login is for: in lower case, without what joins words. */
const places = new Set([
  'engine',
  'masterarn',
  'host',
  'hosts',
  'hostname',
  'server',
  'endpoint',
  'port',
  'dbname',
  'database',
  'dbinstanceidentifier',
  'dbclusteridentifier',
])

/** Fields that none but a secret of another kind has together. */
const together: readonly (readonly [fields: readonly string[], kind: OtherKind])[] = [
  [['privatekey'], pem],
  [['refreshtoken'], minted],
  [['apikey', 'secretkey'], minted],
  [['clientid', 'clientsecret'], minted],
  [['accesskeyid', 'secretaccesskey'], minted],
]

/** What providers begin their tokens with (GitHub, GitLab, Slack, AWS's access keys), and JWTs. */
const token = /^(?:gh[pousr]_|github_pat_|glpat-|xox[abpr]-|(?:AKIA|ASIA)[A-Z0-9]{16}$|eyJ[\w-]+\.[\w-]+\.)/

/**
 * Refuses what is no generated value: a server or a provider, which does not read the secret, has to know it, too.
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
  const leaves = leavesOf(json)
  const names = new Set(leaves.flatMap(({ path }) => path.map((name) => name.toLowerCase().replaceAll(/[-_. ]/g, ''))))
  if ([...names].some((name) => places.has(name))) return login
  const [, kind] = together.find(([all]) => all.every((name) => names.has(name))) ?? []
  if (kind !== undefined) return kind
  if (leaves.some(({ text }) => withPassword.test(text))) return login
  const values = fields.map((field) => String(json[field]))
  if (values.some(isPem)) return pem
  if (values.some((value) => url.test(value))) return login
  return values.some((value) => token.test(value)) ? minted : undefined
}

interface Leaf {
  readonly path: readonly string[]
  readonly text: string
}

/** The values at any depth that are given: consoles and templates write empty fields. */
function leavesOf(value: unknown, path: readonly string[] = []): Leaf[] {
  if (value === undefined || value === null || value === '') return []
  if (JSON.isRawJSON(value)) return [{ path, text: value.rawJSON }]
  if (typeof value !== 'object') return [{ path, text: String(value) }]
  // Items of a list have no name of their own.
  const entries = Array.isArray(value) ? value.map((item) => ['', item]) : Object.entries(value)
  return entries.flatMap(([name, item]) => leavesOf(item, [...path, name]))
}

/** Also where the text is base64: `LS0tLS1CRUdJTi` is `-----BEGIN`. */
function isPem(text: string): boolean {
  return text.includes('-----BEGIN ') || text.startsWith('LS0tLS1CRUdJTi')
}

const url = /^\s*["']?[a-z][a-z0-9+.:-]*:\/\//i

/** A URL with a login in it: before the host, or as a parameter. */
const withPassword = /^\s*[a-z][a-z0-9+.:-]*:\/\/(?:[^\s/@:]*:[^\s@]+@|\S*[?&;]password=)/i

/** Connection strings: `Server=db;Uid=app;Pwd=...` (ADO.NET, ODBC), `host=db password=...` (libpq), `app/...@db:1521` (Oracle). */
const connectionString =
  /(?:^|[;\s])(?:server|host|data source|uid|user id|pwd|password)\s*=|^[^\s/@]+\/[^\s@]+@[^\s@]+$/i

/** One word is the only bare text that is sure to hold a value and nothing else. */
function kindOfText(text: string): OtherKind | undefined {
  if (isPem(text)) return pem
  if (url.test(text) || connectionString.test(text)) return login
  if (token.test(text)) return minted
  // A variable in capitals is one of a dotenv file.
  if (/^\S+$/.test(text) && !/^["'[{]|^[A-Z][A-Z0-9_]{2,}=[^=]/.test(text)) return undefined
  return {
    what: say`neither a JSON object nor a single word`,
    likely: say`It is a list, a file of settings (dotenv, YAML) or a text: as a whole it would be lost.`,
    remedy: say`Store the value alone, or a JSON object, and name its field in VALUE_FIELDS.`,
  }
}
