import { createHash, createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { curveOf, publicKeyOf } from './public-key.ts'
import { field, mpint, type WireReader, wireReader } from './wire.ts'

/** Why a text is not the PEM of a private key, in half a sentence. */
export class PemError extends Error {}

// Format: openssh-portable, PROTOCOL.key. ssh2 has an encoder of its own, which drops leading zeros: 1 key in 256 is
// broken (mscdex/ssh2#1514).
const magic = Buffer.from('openssh-key-v1\0')
/** Without a cipher, the private part is padded as if there were one with blocks of 8 bytes. */
const blockSize = 8

/**
 * @param key RSA, Ed25519 or ECDSA on a curve of NIST
 * @returns the bytes inside of BEGIN OPENSSH PRIVATE KEY, without a passphrase
 */
export function encodeOpenssh(key: KeyObject, comment: string): Buffer {
  const known = publicKeyOf(key)
  if (known === undefined) throw new TypeError('not a key for SSH')
  const jwk = key.export({ format: 'jwk' })
  const part = (name: keyof JsonWebKey) => Buffer.from(String(jwk[name] ?? ''), 'base64url')
  const parts = () => {
    const numbers = ['n', 'e', 'd', 'qi', 'p', 'q'] as const
    if (jwk.kty === 'RSA') return [field(known.type), ...numbers.map((name) => mpint(part(name)))]
    // The public half as it stands outside, and the private one behind it.
    return [known.blob, jwk.kty === 'OKP' ? field(Buffer.concat([part('d'), part('x')])) : mpint(part('d'))]
  }
  // Twice the same number: it shows whether a passphrase was the right one, and there is none.
  const check = createHash('sha256').update(known.blob).digest().subarray(0, 4)
  const inner = Buffer.concat([check, check, ...parts(), field(comment)])
  const padding = Buffer.from(Array.from({ length: -inner.length & (blockSize - 1) }, (_, index) => index + 1))
  const one = Buffer.of(0, 0, 0, 1)
  const outside = [magic, field('none'), field('none'), field(''), one, field(known.blob)]
  return Buffer.concat([...outside, field(Buffer.concat([inner, padding]))])
}

/**
 * The other way round.
 * @returns the key and its comment
 * @throws PemError where a passphrase protects it, or where it is none of the three kinds; another Error where the bytes are not
 *   what they should be
 */
export function decodeOpenssh(bytes: Buffer): { readonly key: KeyObject; readonly comment: string } {
  if (!bytes.subarray(0, magic.length).equals(magic)) throw new TypeError('not an OPENSSH key')
  const outer = wireReader(bytes.subarray(magic.length))
  if (outer.text() !== 'none') throw new PemError('is protected by a passphrase')
  outer.field()
  outer.field()
  if (outer.uint32() !== 1) throw new TypeError('more than one key')
  outer.field()
  const inner = wireReader(outer.field())
  const [check, again] = [inner.uint32(), inner.uint32()]
  if (check !== again) throw new TypeError('the two checks differ')
  const key = createPrivateKey({ key: jwkOf(inner.text(), inner), format: 'jwk' })
  return { key, comment: inner.text() }
}

function jwkOf(type: string, from: WireReader): JsonWebKey {
  if (type === 'ssh-ed25519') {
    const x = from.field()
    return { kty: 'OKP', crv: 'Ed25519', x: text(x), d: text(from.field().subarray(0, 32)) }
  }
  if (type === 'ssh-rsa') {
    const [n, e, d, qi, p, q] = [from.field(), from.field(), from.field(), from.field(), from.field(), from.field()]
    return { kty: 'RSA', n: number(n), e: number(e), d: number(d), ...rest(d, p, q), qi: number(qi) }
  }
  const crv = curveOf(type)
  if (crv === undefined) throw new PemError('is of a kind that this function does not know')
  from.field()
  const point = from.field()
  const size = (point.length - 1) / 2
  const d = unsigned(from.field())
  return {
    kty: 'EC',
    crv,
    x: text(point.subarray(1, 1 + size)),
    y: text(point.subarray(1 + size)),
    d: text(Buffer.concat([Buffer.alloc(Math.max(0, size - d.length)), d])),
  }
}

/** What JWK has of an RSA key besides, and OPENSSH does not: d modulo p - 1 and q - 1 (RFC 8017 §3.2). */
function rest(d: Buffer, p: Buffer, q: Buffer): JsonWebKey {
  const whole = (bytes: Buffer) => BigInt(`0x${bytes.toString('hex') || '0'}`)
  const modulo = (prime: Buffer) => {
    const hex = (whole(d) % (whole(prime) - 1n)).toString(16)
    return text(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'))
  }
  return { p: number(p), q: number(q), dp: modulo(p), dq: modulo(q) }
}

function unsigned(mpintBytes: Buffer): Buffer {
  return mpintBytes[0] === 0 ? mpintBytes.subarray(1) : mpintBytes
}

const number = (mpintBytes: Buffer) => text(unsigned(mpintBytes))
const text = (bytes: Buffer) => bytes.toString('base64url')
