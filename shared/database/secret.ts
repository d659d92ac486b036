import './error-codes.ts'
import { isDeepStrictEqual } from 'node:util'
import * as v from 'valibot'
import { RotationError } from '../errors/rotation-error.ts'
import { ours, say } from '../errors/words.ts'
import { numberIn, parseJsonObject } from '../json-secret.ts'

const text = v.pipe(
  v.string(),
  v.minLength(1),
  v.check((value) => !value.includes('\0')),
)
/** `db.internal:5432`; an IPv6 address has more colons. */
const hasPort = /^[^:]+:\d+$|^\[.*\]/

const schema = v.looseObject({
  host: v.pipe(
    text,
    v.maxLength(255),
    v.regex(/^[^\s/\\?#@]+$/),
    v.check((value) => !hasPort.test(value)),
  ),
  username: text,
  password: text,
  port: v.optional(v.custom<unknown>((value) => portIn(value) !== undefined)),
  dbname: v.nullish(v.union([v.literal(''), text])),
  engine: v.optional(v.string()),
  ssl: v.optional(v.union([v.boolean(), v.pipe(v.string(), v.regex(/^(true|false)$/i))])),
  // Not looked at where no superuser is needed: see checkedSuperuserArn.
  masterarn: v.optional(v.unknown()),
  tlsServerName: v.optional(v.pipe(v.string(), v.regex(/^[a-zA-Z0-9.-]{1,253}$/))),
})

/** The fields of a secret, with the names of AWS's own functions. Other fields are there too, untouched. */
export type DatabaseFields = Readonly<v.InferOutput<typeof schema>>

const mustBe: Readonly<Record<string, string>> = {
  host: 'a host name or an address',
  port: 'a whole number from 1 to 65535, as a number or as digits',
  engine: 'a text',
  ssl: 'true or false',
  tlsServerName: 'the host name in the certificate',
}

/** What AWS's own functions have for a database engine, and those of RDS whose names they take (RDS API, "CreateDBInstance"). */
const otherEngines = [
  'postgres',
  'aurora-postgresql',
  'mysql',
  'aurora-mysql',
  'mariadb',
  'oracle',
  'sqlserver',
  'db2',
  'mongo',
  'redshift',
  ...['oracle-ee', 'oracle-ee-cdb', 'oracle-se2', 'oracle-se2-cdb', 'db2-ae', 'db2-se'],
  ...['sqlserver-ee', 'sqlserver-se', 'sqlserver-ex', 'sqlserver-web'],
] as const

export interface EngineNames {
  /** Values of the field `engine` that the function serves; the first is assumed where the field is missing. */
  readonly engines: readonly [string, ...string[]]
  readonly defaultPort: number
  readonly defaultDatabase: string | undefined
  /** DATABASE_CA_BUNDLE. */
  readonly caBundle: string | undefined
}

/**
 * Checks a SecretString and reads the login that it holds.
 * @throws RotationError InvalidSecret, which names the field and never its value
 */
export function parseDatabaseSecret(secretString: string, names: EngineNames): DatabaseSecret {
  const { engines } = names
  const json = parseJsonObject(secretString)
  const { engine } = json
  if (engine !== undefined && !engines.some((name) => name === engine)) {
    // Other words could be anything: the secret is not of the form that says which of its values are secret.
    const other = otherEngines.find((name) => name === engine)
    const says = other === undefined ? ours('') : say` The secret says '${ours(other)}'.`
    const what = say`Database engine must be set to '${ours(engines[0])}' in order to use this rotation lambda.${says}`
    throw new RotationError('InvalidSecret', what, {
      likely: say`The secret is rotated by the function of another engine.`,
      remedy: say`Rotate it with the function of its engine, or correct the field.`,
    })
  }
  const result = v.safeParse(schema, json)
  if (!result.success) throw fieldError(json, v.getDotPath(result.issues[0]) ?? 'host')
  const fields = json as DatabaseFields
  return {
    fields,
    login: loginIn(fields, names),
    superuserArn: fields.masterarn === '' ? undefined : (fields.masterarn ?? undefined),
  }
}

/** A port as AWS's functions read it, with Python's int(): as a number, also `3306.0`, or as digits, also `" 3306"`. */
function portIn(field: unknown): number | undefined {
  const port = typeof field === 'string' && /^\s*\d{1,5}\s*$/.test(field) ? Number(field) : numberIn(field)
  return port !== undefined && Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : undefined
}

function fieldError(json: Record<string, unknown>, field: string): RotationError {
  if (field === 'host' && hasPort.test(String(json.host))) {
    return new RotationError('InvalidSecret', say`"host" in the secret has a port or brackets in it.`, {
      likely: say`Host and port were copied together.`,
      remedy: say`Put the name or address alone into "host", and the port into "port", with put-secret-value.`,
    })
  }
  if (!(field in json)) return new RotationError('InvalidSecret', say`${ours(field)} key is missing from secret JSON.`)
  return new RotationError(
    'InvalidSecret',
    say`"${ours(field)}" in the secret must be ${ours(mustBe[field] ?? 'a text that is not empty')}.`,
  )
}

/** A secret after its text was read: the login is what the strategies go by, and the fields are what is written back. */
export interface DatabaseSecret extends Owner {
  /** Exactly as they were written. */
  readonly fields: DatabaseFields
}

/** A login, and the superuser of its server where the secret names one. */
export interface Owner {
  readonly login: Login
  /** As it was written, of whatever type; undefined where there is none, or an empty one, as templates write it. */
  readonly superuserArn: unknown
}

/** What it takes to log in. */
export interface Login {
  readonly username: string
  readonly password: string
  readonly host: string
  readonly port: number
  readonly database: string | undefined
  /** The name that the certificate must carry and who may have signed it, or false for a connection in clear text. */
  readonly tls: { readonly serverName: string; readonly caBundle?: string | undefined } | false
}

/** Only an explicit `"ssl": false` gives clear text; AWS's functions fall back to it whenever the field is missing. */
function loginIn(secret: DatabaseFields, names: EngineNames): Login {
  const { username, password, host } = secret
  const tls =
    String(secret.ssl ?? true).toLowerCase() === 'false'
      ? false
      : { serverName: (secret.tlsServerName ?? host).toLowerCase(), caBundle: names.caBundle }
  // An empty one is none: that is what it means to AWS's functions for MySQL and MariaDB.
  const database = secret.dbname || names.defaultDatabase
  return { username, password, host, port: portIn(secret.port) ?? names.defaultPort, database, tls }
}

/** Whether two logins are at the same server. */
export function isSameServer(one: Login, other: Login): boolean {
  return one.host.toLowerCase() === other.host.toLowerCase() && one.port === other.port
}

/** Whether two logins ask for the same proof of who the server is. */
export function isSameTls(one: Login, other: Login): boolean {
  return isDeepStrictEqual(one.tls, other.tls)
}

/** `host:port`, for messages. */
export function address({ host, port }: Pick<Login, 'host' | 'port'>): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
