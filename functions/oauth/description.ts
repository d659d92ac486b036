import * as v from 'valibot'

// What the entry of a provider may say. The JSON Schema in docs/ is made of this, so it has only what one can say; what goes
// further is in checks.ts.

const text = v.pipe(v.string(), v.minLength(1))
const pointer = v.pipe(v.string(), v.regex(/^(\/([^~/]|~[01])*)+$/))
const status = v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599))

/** `{host}` is one of `hosts`; every other `{name}` is a field of `params` in the secret, and one step of the path. */
const endpoint = v.pipe(
  v.string(),
  v.regex(/^https:\/\/(\{host\}|[a-z0-9.-]+(:\d+)?)\/([A-Za-z0-9._~\-/]|\{[a-z_]+\})*$/),
)

/** The issuer of a server has no path, often. */
const audience = v.pipe(
  v.string(),
  v.regex(/^https:\/\/(\{host\}|[a-z0-9.-]+(:\d+)?)(\/([A-Za-z0-9._~\-/]|\{[a-z_]+\})*)?$/),
)

export const description = v.strictObject({
  $schema: v.optional(v.string()),
  name: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]*$/)),
  title: text,
  /** What `{host}` may stand for. */
  hosts: v.optional(v.union([v.literal('self-hosted'), v.pipe(v.array(text), v.minLength(1))])),
  token_endpoint: endpoint,
  introspection_endpoint: v.optional(endpoint),
  /** How the client proves who it is (RFC 6749 §2.3, RFC 7523, RFC 8705), by the names of RFC 8414. */
  client_authentication: v.optional(
    v.picklist(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'tls_client_auth', 'none']),
    'client_secret_basic',
  ),
  /** For whom a signed assertion is meant (private_key_jwt); the token endpoint where nothing is said. */
  audience: v.optional(audience),
  /** Fields that a token request has besides. */
  token_parameters: v.optional(v.record(text, text)),
  /** What becomes of a refresh token that was used: it lives on, is answered again for so many seconds, or is dead at once. */
  rotation: v.optional(
    v.union([v.picklist(['none', 'single_use']), v.pipe(v.string(), v.regex(/^grace:[1-9]\d{0,7}$/))]),
    'single_use',
  ),
  /** What becomes of the access token of before when there is a new one. */
  old_access_token: v.optional(v.picklist(['lives', 'dies']), 'lives'),
  /** Where an answer has the seconds that its refresh token lives for; 0 there means for ever. */
  refresh_token_life: v.optional(pointer),
  /** Only where introspection calls a used refresh token inactive: then "active" is a proof that it was not used. */
  consumed_refresh_token_introspects: v.optional(v.literal('inactive')),
  /** How the provider says no, where that is not as RFC 6749 §5.2 has it. Looked for first, whatever the status. */
  errors: v.optional(
    v.array(
      v.strictObject({ pointer, equals: text, means: v.picklist(['invalid_grant', 'invalid_client', 'temporary']) }),
    ),
    [],
  ),
  /** How secrets of clients are made there: a description as of keys (shared/described), for OauthClientSecret alone. */
  client_secret: v.optional(v.record(v.string(), v.unknown())),
  /** A GET that tells with the access token alone whether that works: userinfo, for instance. */
  probe: v.optional(
    v.strictObject({
      endpoint,
      headers: v.optional(v.record(v.pipe(v.string(), v.regex(/^[A-Za-z0-9-]+$/)), text)),
      alive: v.optional(v.pipe(v.array(status), v.minLength(1)), [200]),
      dead: v.optional(v.array(status), [401]),
    }),
  ),
})

/** Parts that stand in several places, for the JSON Schema. */
export const definitions = { endpoint, pointer }

export type Description = v.InferOutput<typeof description>
export type Method = Description['client_authentication']

/** @returns how long a used refresh token is answered again, in milliseconds; 0 where it never is, Infinity where it lives on */
export function graceMs({ rotation }: Pick<Description, 'rotation'>): number {
  if (rotation === 'none') return Number.POSITIVE_INFINITY
  return rotation === 'single_use' ? 0 : Number(rotation.replace('grace:', '')) * 1000
}
