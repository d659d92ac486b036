import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { field, mpint, wireReader } from './wire.ts'

/** A public key as SSH knows it. Two keys are the same where their blobs are. */
export interface PublicKey {
  /** For instance `ssh-ed25519`. */
  readonly type: string
  /** RFC 4253 §6.6, "public key format"; it begins with the type. */
  readonly blob: Buffer
}

/** Names of the curves at NIST, as JWK has them, and as SSH has them (RFC 5656 §6.1). */
export const curves: Readonly<Record<string, string>> = {
  'P-256': 'nistp256',
  'P-384': 'nistp384',
  'P-521': 'nistp521',
}

/** The curve of a type of key, `ecdsa-sha2-nistp256` for instance; undefined for one that has none. */
export function curveOf(type: string): string | undefined {
  return Object.keys(curves).find((name) => type === `ecdsa-sha2-${curves[name]}`)
}

/**
 * @param key a public key, or the private key that it belongs to
 * @returns undefined for a kind of key that SSH does not have
 */
export function publicKeyOf(key: KeyObject): PublicKey | undefined {
  const jwk = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' })
  const part = (name: 'n' | 'e' | 'x' | 'y') => Buffer.from(jwk[name] ?? '', 'base64url')
  const keyOf = (type: string, ...parts: Buffer[]) => ({ type, blob: Buffer.concat([field(type), ...parts]) })
  if (jwk.kty === 'RSA') return keyOf('ssh-rsa', mpint(part('e')), mpint(part('n')))
  if (jwk.kty === 'OKP' && jwk.crv === 'Ed25519') return keyOf('ssh-ed25519', field(part('x')))
  const curve = curves[jwk.crv ?? '']
  if (jwk.kty !== 'EC' || curve === undefined) return undefined
  // A point that is not compressed (SEC 1, §2.3.3).
  return keyOf(`ecdsa-sha2-${curve}`, field(curve), field(Buffer.concat([Buffer.of(4), part('x'), part('y')])))
}

/**
 * Reads `TYPE BASE64 COMMENT` where it is one: the base64 must say the type, too, and end at a blank.
 * @returns undefined for anything else
 */
export function parsePublicKey(text: string): (PublicKey & { readonly comment: string }) | undefined {
  const [, type = '', base64 = '', comment = ''] = /^([^\s]+)[ \t]+([A-Za-z0-9+/=]+)(?:[ \t]+(.*))?$/s.exec(text) ?? []
  const blob = Buffer.from(base64, 'base64')
  try {
    return type !== '' && wireReader(blob).text() === type ? { type, blob, comment } : undefined
  } catch {
    return undefined
  }
}

/** `TYPE BASE64`, as authorized_keys has it. */
export function publicKeyLine({ type, blob }: PublicKey): string {
  return `${type} ${blob.toString('base64')}`
}

/** As `ssh-keygen -l` shows it. */
export function fingerprint(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}
