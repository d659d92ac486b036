import { hash } from 'node:crypto'
import { nativeHash } from '../../shared/mysql-family/native-hash.ts'
import { isTooLong } from './password-limit.ts'

/**
 * What an account's plugin keeps of a password, so that an administrator can see which password it is without logging in.
 * @param stored authentication_string, as bytes: salts may hold any but 0 and $
 * @returns undefined where the plugin keeps no password, or none in a form that we know
 */
export function isHashOf(password: string, plugin: string, stored: Buffer): boolean | undefined {
  if (stored.length === 0) return undefined
  if (plugin === 'mysql_native_password') return nativeHash(password) === stored.toString()
  const parts = plugin === 'caching_sha2_password' ? cachingParts(stored) : sha256Parts(plugin, stored)
  // SHA-crypt takes memory by the square of the length.
  return parts && !isTooLong(password) && sha256Crypt(Buffer.from(password), parts.salt, parts.rounds) === parts.digest
}

interface Parts {
  readonly rounds: number
  readonly salt: Buffer
  readonly digest: string
}

const saltBytes = 20
const digestCharacters = 43

/** `$A$005$`, salt, digest; 005 is a count of thousands, in hex (MySQL manual, "Caching SHA-2 Pluggable Authentication"). */
function cachingParts(stored: Buffer): Parts | undefined {
  const thousands = /^\$A\$([0-9A-F]{3})\$/i.exec(stored.toString('latin1', 0, 7))?.[1]
  if (thousands === undefined || stored.length !== 7 + saltBytes + digestCharacters) return undefined
  const salt = stored.subarray(7, 7 + saltBytes)
  const digest = stored.toString('latin1', 7 + saltBytes)
  return { rounds: Number.parseInt(thousands, 16) * 1000, salt, digest }
}

/** `$5$`, salt, `$`, digest, always of 5000 rounds (MySQL manual, "SHA-256 Pluggable Authentication"). */
function sha256Parts(plugin: string, stored: Buffer): Parts | undefined {
  if (plugin !== 'sha256_password' || stored.length !== 3 + saltBytes + 1 + digestCharacters) return undefined
  const salt = stored.subarray(3, 3 + saltBytes)
  return { rounds: 5000, salt, digest: stored.toString('latin1', 4 + saltBytes) }
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
