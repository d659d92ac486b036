import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { numberIn, parseJsonObject } from '../../shared/json-secret.ts'
import type { SecretForm } from '../../shared/rotation/secret-type.ts'

/** A secret that holds the key of an API. Fields that nobody here knows are kept. */
export interface ApiKeySecret {
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
  /** Undefined where there is none yet. */
  readonly apiKey: string | undefined
  /** By what the provider knows the key. */
  readonly keyId: string | undefined
  /** The other half of a pair. */
  readonly secretKey: string | undefined
  readonly provider: string | undefined
  readonly adminSecretArn: string | undefined
  readonly host: string | undefined
}

/**
 * Reads `{"api_key", "secret_key"}`, which may have `provider`, `key_id`, `params` and `admin_secret_arn`, too.
 * @throws RotationError InvalidSecret
 */
export function parseApiKeySecret(text: string): ApiKeySecret {
  const json = parseJsonObject(text)
  const field = (name: string) => textField(json, name)
  const apiKey = field('api_key')
  const adminSecretArn = field('admin_secret_arn')
  if (apiKey === undefined && adminSecretArn === undefined) {
    throw new RotationError('InvalidSecret', say`"api_key" is missing in the secret.`, {
      remedy: say`Put a key that works into "api_key". To have the first one made, name in "admin_secret_arn" the secret of a key that may make others.`,
    })
  }
  for (const name of ['api_key', 'secret_key']) {
    if (field(name)?.trim() === field(name)) continue
    throw new RotationError('InvalidSecret', say`"${name}" in the secret begins or ends with a blank or a line break.`)
  }
  const params = json.params ?? {}
  if (typeof params !== 'object' || Array.isArray(params)) {
    throw new RotationError('InvalidSecret', say`"params" in the secret must be an object.`)
  }
  return {
    text,
    json,
    apiKey,
    adminSecretArn,
    secretKey: field('secret_key'),
    provider: field('provider'),
    keyId: numberIn(json.key_id) === undefined ? field('key_id') : digits(json.key_id),
    host: textField(params as Record<string, unknown>, 'host'),
  }
}

export const apiKeyForm: SecretForm<ApiKeySecret> = {
  parse: parseApiKeySecret,
  sensitive: ({ apiKey, secretKey }) => [apiKey ?? '', secretKey ?? ''],
}

/** The secret with another key: everything else is as it was, in the same order. */
export function withFields(secret: ApiKeySecret, fields: Readonly<Record<string, string>>): ApiKeySecret {
  return parseApiKeySecret(JSON.stringify({ ...secret.json, ...fields }))
}

/** An empty text counts as none. */
function textField(json: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = Object.hasOwn(json, name) ? json[name] : undefined
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string') return value
  throw new RotationError('InvalidSecret', say`"${name}" in the secret must be a text.`)
}

/** Some providers have numbers, which JavaScript might round. */
function digits(value: unknown): string {
  return JSON.isRawJSON(value) ? value.rawJSON : String(value)
}
