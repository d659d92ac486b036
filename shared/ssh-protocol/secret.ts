import './error-codes.ts'
import { isDeepStrictEqual } from 'node:util'
import { RotationError } from '../errors/rotation-error.ts'
import { ours, say } from '../errors/words.ts'
import { parseJsonObject } from '../json-secret.ts'
import type { SecretType } from '../rotation/secret-type.ts'
import type { NewKey } from './new-key.ts'
import { type PrivateKey, parsePrivateKey } from './private-key.ts'
import { parsePublicKey, publicKeyLine } from './public-key.ts'

/** A secret that holds a private key: as its text, or as a field of JSON. */
export interface KeySecret {
  readonly text: string
  /** The fields, where it is JSON. */
  readonly json: Readonly<Record<string, unknown>> | undefined
  /** Undefined where there is none yet. */
  readonly key: PrivateKey | undefined
}

/**
 * Takes a bare PEM, or JSON with `private_key` (or `PrivateKey`, as the SFTP connectors of Transfer Family read it).
 * @throws RotationError InvalidSecret, which never shows a part of a key
 */
export function parseKeySecret(text: string): KeySecret {
  if (!text.trimStart().startsWith('{')) return { text, json: undefined, key: parsePrivateKey(text, 'The secret') }
  const json = parseJsonObject(text)
  const field = privateField(json)
  const value = json[field] ?? ''
  if (typeof value !== 'string')
    throw new RotationError('InvalidSecret', say`"${ours(field)}" in the secret must be a text.`)
  const key = value === '' ? undefined : parsePrivateKey(value, `"${field}" in the secret`)
  if (key !== undefined) checkPublicHalf(json, key)
  return { text, json, key }
}

export const keySecretForm: Pick<SecretType<KeySecret>, 'parse' | 'serialize' | 'sensitive'> = {
  parse: parseKeySecret,
  serialize: ({ text }) => text,
  sensitive: ({ json, text }) => [json === undefined ? text : String(json[privateField(json)] ?? '')],
}

/** The user name that the secret says, where it says one. */
export function usernameIn({ json }: KeySecret): string | undefined {
  const name = json?.username ?? json?.Username
  return typeof name === 'string' && name !== '' ? name : undefined
}

/** The secret with another key: everything else is as it was, in the same order. */
export function withKey({ json }: KeySecret, key: NewKey): KeySecret {
  if (json === undefined) return { text: key.text, json, key }
  const known = publicField(json)
  const line = publicKeyLine(key.publicKey)
  const comment = parsePublicKey(String(json[known ?? ''] ?? ''))?.comment.trim() ?? ''
  const publicHalf = known === undefined ? {} : { [known]: comment === '' ? line : `${line} ${comment}` }
  const next = { ...json, [privateField(json)]: key.text, ...publicHalf }
  return { text: JSON.stringify(next), json: next, key }
}

function privateField(json: Readonly<Record<string, unknown>>): string {
  return 'PrivateKey' in json && !('private_key' in json) ? 'PrivateKey' : 'private_key'
}

function publicField(json: Readonly<Record<string, unknown>>): string | undefined {
  return ['public_key', 'PublicKey'].find((name) => typeof json[name] === 'string' && json[name] !== '')
}

function checkPublicHalf(json: Readonly<Record<string, unknown>>, { publicKey }: PrivateKey): void {
  const field = publicField(json)
  const known = field === undefined ? undefined : parsePublicKey(String(json[field]).trim())
  if (field === undefined || known?.blob.equals(publicKey.blob)) return
  throw new RotationError(
    'InvalidSecret',
    say`"${ours(field)}" in the secret is not the public half of its private key.`,
    {
      likely: say`One of the two was replaced by hand without the other.`,
      remedy: say`Put the value with put-secret-value once more, with "${publicKeyLine(publicKey)}" as "${ours(field)}", or without it.`,
    },
  )
}

/**
 * The key of a pending value.
 * @throws RotationError InvalidSecret where there is none
 */
export function keyOf({ key }: KeySecret): PrivateKey {
  if (key !== undefined) return key
  throw new RotationError('InvalidSecret', say`The pending value has no private key.`, {
    likely: say`The secret has none yet; the first rotation makes one.`,
    remedy: say`Rotate the secret.`,
  })
}

/**
 * A pending value for another account or another host would make us change, with the current key, what is not this
 * secret's.
 * @param pending what fields must be the same, by their names
 * @throws RotationError PendingMismatch
 */
export function checkSame<T extends Readonly<Record<string, unknown>>>(pending: T, current: T): void {
  for (const [field, value] of Object.entries(pending)) {
    if (isDeepStrictEqual(value, current[field])) continue
    throw new RotationError('PendingMismatch', say`"${ours(field)}" in AWSPENDING is not that of AWSCURRENT.`)
  }
}
