import { hash } from 'node:crypto'
import { nativeHash } from '../../shared/mysql-family/native-hash.ts'
import { isTooLong } from './password-limit.ts'

/**
 * What plugins keep of a password, byte by byte: the 20 of a salt may be any but 0 and $.
 * MySQL manual, "Caching SHA-2 Pluggable Authentication" and "SHA-256 Pluggable Authentication".
 */
const forms: Readonly<Record<string, RegExp>> = {
  // The rounds are counted by thousands, in hex.
  caching_sha2_password: /^\$A\$(?<thousands>[0-9A-F]{3})\$(?<salt>.{20})(?<digest>.{43})$/is,
  // Always of 5000 rounds.
  sha256_password: /^\$5\$(?<salt>.{20})\$(?<digest>.{43})$/s,
}

/**
 * Whether an account has a password, so that an administrator can see which one it is without logging in.
 * @param stored authentication_string, as bytes
 * @returns undefined where the plugin keeps no password, or none in a form that we know
 */
export function isHashOf(password: string, plugin: string, stored: Buffer): boolean | undefined {
  if (stored.length === 0) return undefined
  if (plugin === 'mysql_native_password') return nativeHash(password) === stored.toString()
  const parts = forms[plugin]?.exec(stored.toString('latin1'))?.groups
  if (parts === undefined) return undefined
  const { thousands = '5', salt = '', digest } = parts
  // SHA-crypt takes memory by the square of the length.
  if (isTooLong(password)) return false
  const rounds = Number.parseInt(thousands, 16) * 1000
  return sha256Crypt(Buffer.from(password), Buffer.from(salt, 'latin1'), rounds) === digest
}

/** SHA-crypt (Drepper, "Unix crypt using SHA-256 and SHA-512"), with MySQL's salts, which are longer than its 16 bytes. */
function sha256Crypt(password: Buffer, salt: Buffer, rounds: number): string {
  const sha256 = (...parts: readonly Buffer[]) => hash('sha256', Buffer.concat(parts), 'buffer')
  const filled = (digest: Buffer, length: number) => Buffer.alloc(length, digest)

  const inner = sha256(password, salt, password)
  const first = [password, salt, filled(inner, password.length)]
  for (let bits = password.length; bits > 0; bits >>= 1) first.push(bits & 1 ? inner : password)
  let digest = sha256(...first)
  const p = filled(sha256(Buffer.alloc(password.length ** 2, password)), password.length)
  const s = filled(sha256(Buffer.alloc(salt.length * (16 + (digest[0] ?? 0)), salt)), salt.length)
  for (let round = 0; round < rounds; round++) {
    const parts = [round & 1 ? p : digest]
    if (round % 3) parts.push(s)
    if (round % 7) parts.push(p)
    digest = sha256(...parts, round & 1 ? digest : p)
  }
  return encoded(digest)
}

const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Crypt's own base64: 24 bits at a time, the lowest first, of bytes that lie ten apart. */
function encoded(digest: Buffer): string {
  let text = ''
  const add = (high: number, middle: number, low: number, characters: number) => {
    let bits = (high << 16) | (middle << 8) | low
    for (let n = 0; n < characters; n++, bits >>= 6) text += alphabet[bits & 63]
  }
  const at = (index: number) => digest[index] ?? 0
  for (let n = 0, [a, b, c] = [0, 10, 20]; n < 10; n++, [a, b, c] = [c + 1, a + 1, b + 1]) add(at(a), at(b), at(c), 4)
  add(0, at(31), at(30), 3)
  return text
}
