import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { numberIn, parseJsonObject, textIn, trimmedIn } from '../../shared/json-secret.ts'
import type { SecretType } from '../../shared/rotation/secret-type.ts'

/** A secret that holds an OAuth client and what it was given. Fields that nobody here knows are kept. */
export interface OauthSecret {
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
  readonly accessToken: string | undefined
  readonly refreshToken: string | undefined
  readonly clientId: string
  readonly provider: string | undefined
  /** What the endpoints of the provider's entry ask for: `host`, `realm`, `tenant`. */
  readonly params: Readonly<Record<string, string>>
  readonly scope: string | undefined
  /** Milliseconds since 1970; undefined where it is not known. */
  readonly expiresAt: number | undefined
  readonly refreshExpiresAt: number | undefined
}

/**
 * Reads `{"access_token", "refresh_token", "client_id", "client_secret"}`, which may have `provider`, `params`, `scope`,
 * `expires_at`, `refresh_expires_at` (seconds since 1970, or ISO 8601), `private_key`, `key_id` and `certificate`, too.
 * @throws RotationError InvalidSecret
 */
export function parseOauthSecret(text: string): OauthSecret {
  const json = parseJsonObject(text)
  const clientId = trimmedIn(json, 'client_id')
  if (clientId === undefined) {
    throw new RotationError('InvalidSecret', say`"client_id" is missing in the secret.`, {
      remedy: say`Put the id of the client, as the provider shows it, into "client_id".`,
    })
  }
  // Read where a client proves who it is; a blank that was copied with it is said at once.
  trimmedIn(json, 'client_secret')
  return {
    text,
    json,
    clientId,
    accessToken: trimmedIn(json, 'access_token'),
    refreshToken: trimmedIn(json, 'refresh_token'),
    provider: textIn(json, 'provider'),
    params: paramsOf(json.params ?? {}),
    scope: textIn(json, 'scope'),
    expiresAt: timeIn(json, 'expires_at'),
    refreshExpiresAt: timeIn(json, 'refresh_expires_at'),
  }
}

export const oauthForm: Pick<SecretType<OauthSecret>, 'parse' | 'serialize' | 'sensitive'> = {
  parse: parseOauthSecret,
  serialize: ({ text }) => text,
  sensitive: ({ json }) => credentialsIn(json),
}

/**
 * The texts of an object, a secret's or an answer's, that are tokens, secrets or keys by their names. Those that go into a Basic
 * header stand there percent-encoded, also where a URL would not need it (RFC 6749 §2.3.1 and appendix B).
 */
export function credentialsIn(json: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(json).flatMap(([name, value]) => {
    if (typeof value !== 'string' || value === '') return []
    if (!/token|secret|password|assertion|(^|_)key$/i.test(name) || /^(token_type|key_id)$/.test(name)) return []
    return name === 'client_secret' ? [value, fullyEncoded(value)] : [value]
  })
}

/** As oauth4webapi writes it, which encodes `-`, `_`, `.` and `~` as well. */
function fullyEncoded(value: string): string {
  if (!value.isWellFormed()) return value
  return encodeURIComponent(value)
    .replace(/[-_.!~*'()]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
}

function paramsOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RotationError('InvalidSecret', say`"params" in the secret must be an object.`)
  }
  const wrong = Object.entries(value).find(([, each]) => typeof each !== 'string')
  if (wrong === undefined) return value as Record<string, string>
  throw new RotationError('InvalidSecret', say`"${wrong[0]}" in "params" of the secret must be a text.`)
}

/** Others write these fields, too, in whichever form: what cannot be read counts as not known. */
function timeIn(json: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const value = Object.hasOwn(json, name) ? json[name] : undefined
  const number = numberIn(value) ?? (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : undefined)
  const time = number === undefined ? Date.parse(typeof value === 'string' ? value : '') : number * 1000
  return Number.isFinite(time) ? time : undefined
}
