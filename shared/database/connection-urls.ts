import type { DatabaseFields, Login } from './secret.ts'

type Credentials = Pick<Login, 'username' | 'password'>

export interface UpdatedUrls {
  /** The fields of the secret that hold a URL with the login, with the next one in it. */
  readonly fields: Readonly<Record<string, string>>
  /** Where else the password stands, which is about to end: `dsn`, `replicas[0].url`. */
  readonly stale: readonly string[]
}

/** A shorter password stands in many a text by chance. */
const leastToLookFor = 8

/**
 * Puts the next login into the connection URLs of a secret: text fields that are a URL with just this user and this
 * password, before the host (RFC 3986 §3.2.1) or as parameters `user` and `password` (as JDBC drivers take them). What
 * else is in them stays as it was written.
 * @param update false: they are left as they are, and named as stale
 */
export function updatedUrls(secret: DatabaseFields, next: Credentials, update: boolean): UpdatedUrls {
  const fields: Record<string, string> = {}
  for (const [name, value] of Object.entries(secret)) {
    if (!update || name === 'password' || typeof value !== 'string') continue
    const url = withLogin(value, secret, next)
    if (url !== undefined) fields[name] = url
  }
  const { password, ...others } = secret
  // In what was updated, too: a URL may hold the password in several places.
  const stale = password.length < leastToLookFor ? [] : placesOf({ ...others, ...fields }, password)
  return { fields, stale }
}

/** @returns undefined where the text is no URL with the login */
function withLogin(text: string, login: Credentials, next: Credentials): string | undefined {
  const scheme = /^(?:[a-z][a-z0-9+.-]*:)+\/\//i.exec(text)?.[0]
  const [user, secret] = [encoded(next.username), encoded(next.password)]
  if (scheme === undefined || user === undefined || secret === undefined) return undefined
  const parameters = withParameters(text, login, user, secret)
  const both = withUserinfo(parameters ?? text, scheme, login, `${user}:${secret}`)
  return both ?? parameters
}

function withUserinfo(text: string, scheme: string, { username, password }: Credentials, next: string) {
  const colon = text.indexOf(':', scheme.length)
  if (colon < 0 || !isFormOf(text.slice(scheme.length, colon), username)) return undefined
  // A password that was not encoded may have an @ in it: the end is where what stands before is the password.
  for (let at = text.indexOf('@', colon); at > 0; at = text.indexOf('@', at + 1)) {
    if (isFormOf(text.slice(colon + 1, at), password)) return `${scheme}${next}${text.slice(at)}`
  }
  return undefined
}

function withParameters(text: string, { username, password }: Credentials, user: string, secret: string) {
  const parameter = (names: string, value: string) => {
    const [whole, head = '', found = ''] = new RegExp(`([?&;](?:${names})=)([^&;#]*)`, 'i').exec(text) ?? []
    return whole !== undefined && isFormOf(found, value) ? { whole, head } : undefined
  }
  const [name, word] = [parameter('user|username', username), parameter('password', password)]
  if (name === undefined || word === undefined) return undefined
  return text.replace(name.whole, () => name.head + user).replace(word.whole, () => word.head + secret)
}

/** @returns undefined for a text that has no percent-encoding: one with half of a surrogate pair */
function encoded(text: string): string | undefined {
  return text.isWellFormed() ? encodeURIComponent(text) : undefined
}

/** Whether a part of a URL stands for a value: percent-encoded, or written as it is. */
function isFormOf(part: string, value: string): boolean {
  if (part === value) return true
  try {
    return decodeURIComponent(part) === value
  } catch {
    return false
  }
}

/** The paths of all texts in a value that hold a password, as it is or percent-encoded. */
function placesOf(value: unknown, password: string, path = ''): string[] {
  if (typeof value === 'string') {
    return [password, encoded(password) ?? password].some((form) => value.includes(form)) ? [path] : []
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => placesOf(item, password, `${path}[${index}]`))
  if (typeof value !== 'object' || value === null || JSON.isRawJSON(value)) return []
  return Object.entries(value).flatMap(([key, item]) => placesOf(item, password, path === '' ? key : `${path}.${key}`))
}
