import * as v from 'valibot'

// What a description of a provider may say. The JSON Schema in docs/ is made of this (test/functions/api-key/schema.ts),
// so it has only what one can say; what goes further is in checks.ts.

const text = v.pipe(v.string(), v.minLength(1))
const headerName = v.pipe(v.string(), v.regex(/^[A-Za-z0-9-]+$/))
const pointer = v.pipe(v.string(), v.regex(/^(\/([^~/]|~[01])*)*$/))
const status = v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599))
const statuses = v.pipe(v.array(status), v.minLength(1))
const seconds = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(400 * 24 * 3600))

/** Where a value comes from: a document and a JSON Pointer into it. */
const source = v.pipe(v.string(), v.regex(/^(secret|admin|current|pending|key|read):(\/([^~/]|~[01])*)+$/))
const from = v.strictObject({ $from: source })
const marker = v.strictObject({ $marker: v.literal(true) })
const random = v.strictObject({
  $random: v.strictObject({
    bytes: v.pipe(v.number(), v.integer(), v.minValue(16), v.maxValue(256)),
    as: v.picklist(['hex', 'base64', 'base64url']),
  }),
})
const expires = v.strictObject({
  $expires: v.strictObject({ afterSeconds: seconds, as: v.picklist(['seconds', 'unix', 'iso', 'date']) }),
})
const part = v.union([v.string(), from, marker])
const join = v.strictObject({ $join: v.pipe(v.array(part), v.minLength(1)) })
/** One text or number. */
const scalar = v.union([v.string(), v.number(), from, marker, expires, join])

/** A tree in which any object with the one member `$...` is a reference; that is checked where it is resolved, too. */
export type Node = null | boolean | number | string | readonly Node[] | { readonly [name: string]: Node }
const node: v.GenericSchema<Node> = v.lazy(() =>
  v.union([v.null(), v.boolean(), v.number(), v.string(), v.array(node), v.record(v.string(), node)]),
)

const scalars = v.record(text, scalar)
const assertion = v.union([
  v.strictObject({ pointer, equals: v.union([v.string(), v.number(), v.boolean()]) }),
  v.strictObject({ pointer, absent: v.literal(true) }),
])

const authentication = v.union([
  v.strictObject({ scheme: v.literal('bearer'), token: scalar }),
  v.strictObject({ scheme: v.literal('basic'), username: scalar, password: scalar }),
  v.strictObject({ scheme: v.literal('headers'), headers: v.record(headerName, scalar) }),
  /** A client's id and secret, form-encoded as RFC 6749 §2.3.1 wants them. */
  v.strictObject({ scheme: v.literal('client_secret_basic'), client_id: scalar, client_secret: scalar }),
])

const path = v.pipe(v.string(), v.regex(/^\/([A-Za-z0-9._~\-/]|\{[a-z_]+\})*$/))
/** An access token that a client is given for its own (RFC 6749 §4.4), and that is then the bearer's. */
const clientCredentials = v.strictObject({
  scheme: v.literal('client_credentials'),
  path,
  parameters: v.optional(scalars),
  client_id: scalar,
  client_secret: scalar,
  /** Whether id and secret stand in the form (client_secret_post), not in the header. */
  inForm: v.optional(v.boolean(), false),
  form: v.optional(scalars),
})

const request = {
  method: v.picklist(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  path,
  parameters: v.optional(scalars),
  query: v.optional(scalars),
  headers: v.optional(v.record(headerName, text)),
  json: v.optional(node),
  form: v.optional(scalars),
  assert: v.optional(v.array(assertion)),
}
const expecting = { ...request, expect: statuses }
const outputs = v.record(v.pipe(v.string(), v.regex(/^[a-z][a-z0-9_]*$/)), pointer)

const pages = v.strictObject({
  query: text,
  /** A number that grows, how many came before, the last item's member, or a member of the answer. */
  by: v.picklist(['number', 'offset', 'last', 'cursor']),
  first: v.optional(v.pipe(v.number(), v.integer())),
  pointer: v.optional(pointer),
  /** How many a full page has: a shorter one is the last. */
  size: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
})

export const description = v.strictObject({
  $schema: v.optional(v.string()),
  name: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]*$/)),
  title: text,
  hosts: v.union([v.literal('self-hosted'), v.pipe(v.array(text), v.minLength(1))]),
  /** Why a key of this provider cannot manage keys; then the secret must name an admin's. */
  needsAdmin: v.optional(text),
  auth: v.strictObject({ manage: v.union([authentication, clientCredentials]), use: authentication }),
  generate: v.optional(v.record(text, v.union([random, marker]))),
  create: v.optional(v.strictObject({ ...expecting, conflict: v.optional(statuses), outputs })),
  /** Tells the provider a value of ours. `graceSeconds` is for providers that take it in the place of the one before. */
  apply: v.optional(
    v.strictObject({
      ...expecting,
      applied: v.optional(statuses),
      graceSeconds: v.optional(seconds),
    }),
  ),
  /** What is the provider's now, where it shows it: what was made and never stored is found so. */
  read: v.optional(v.strictObject({ ...expecting, outputs })),
  /** Makes a new one in the place of the one before, which lives for `graceSeconds` more; with 0 it dies at once. */
  rotate: v.optional(v.strictObject({ ...expecting, outputs, graceSeconds: seconds })),
  list: v.optional(
    v.strictObject({
      ...expecting,
      items: pointer,
      id: pointer,
      marker: pointer,
      pages: v.optional(pages),
    }),
  ),
  revoke: v.optional(
    v.strictObject({
      ...expecting,
      /** How the provider says that there is no such key; none where it says the same as of one that it has revoked. */
      gone: v.array(status),
    }),
  ),
  verify: v.strictObject({
    ...request,
    alive: statuses,
    /** How the provider greets a key that it does not know; where that is not known, all that is not alive is unclear. */
    dead: v.optional(v.array(status), []),
    settleSeconds: v.optional(seconds, 0),
    identity: v.optional(v.strictObject({ pointer, equals: scalar })),
  }),
})

/** Parts that stand in several places, for the JSON Schema. */
export const definitions = { pointer, statuses, from, scalar, scalars, node, assertion, authentication }

export type Description = v.InferOutput<typeof description>
export type Scalar = v.InferOutput<typeof scalar>
export type Expiry = v.InferOutput<typeof expires>['$expires']
export type Scalars = v.InferOutput<typeof scalars>
export type Authentication = v.InferOutput<typeof authentication>
export type ClientCredentials = v.InferOutput<typeof clientCredentials>
export type Assertion = v.InferOutput<typeof assertion>
export type Pages = v.InferOutput<typeof pages>

/** What all requests have in common. */
export type RequestOf = v.InferOutput<v.StrictObjectSchema<typeof request, undefined>>
/** A request that must be answered as is expected. */
export type ExpectingRequest = v.InferOutput<v.StrictObjectSchema<typeof expecting, undefined>>

/** The documents that values may come from, by the name before the colon. */
export type SourceName = 'secret' | 'admin' | 'current' | 'pending' | 'key' | 'read'

/** @returns undefined for what is no reference to a document */
export function sourceOf(text: string): { readonly name: SourceName; readonly pointer: string } | undefined {
  if (!v.is(source, text)) return undefined
  const colon = text.indexOf(':')
  return { name: text.slice(0, colon) as SourceName, pointer: text.slice(colon + 1) }
}
