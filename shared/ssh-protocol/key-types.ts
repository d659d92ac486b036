import { RotationError } from '../errors/rotation-error.ts'
import { say } from '../errors/words.ts'
import type { KeyType, PrivateKey } from './private-key.ts'
import { curves } from './public-key.ts'

/**
 * @param text `ed25519`, `rsa`, `rsa-4096`, `ecdsa-256`, or as SSH writes it: `ssh-ed25519`, `ecdsa-sha2-nistp256`
 * @throws RotationError InvalidSecret
 */
export function parseKeyType(text: string, where: string): KeyType {
  const plain = text.toLowerCase().replace(/^ssh-/, '').replace('sha2-nistp', '')
  const [, name, size = ''] = /^(ed25519|rsa|ecdsa)(?:-(\d+))?$/.exec(plain) ?? []
  if (name === 'ed25519' && size === '') return { name }
  if (name === 'rsa' && (size === '' || (Number(size) >= 2048 && Number(size) <= 8192)))
    return { name, bits: Number(size) }
  const curve = `P-${size || 256}`
  if (name === 'ecdsa' && curve in curves) return { name, curve }
  throw new RotationError('InvalidSecret', say`"key_type" in ${where} is not known.`, {
    remedy: say`Use ed25519, rsa, rsa-3072, rsa-4096, ecdsa-256, ecdsa-384 or ecdsa-521; without it the type stays as it is.`,
  })
}

/**
 * What the next key is to be: `wanted`, else what the current one is, else Ed25519. RSA never becomes smaller,
 * nor smaller than `rsaBits`: servers may ask for more than 2048 (RequiredRSASize).
 */
export function nextKeyType(wanted: KeyType | undefined, current: PrivateKey | undefined, rsaBits: number): KeyType {
  const type = wanted ?? current?.type ?? { name: 'ed25519' }
  if (type.name !== 'rsa') return type
  const before = current?.type.name === 'rsa' ? current.type.bits : 0
  return { name: 'rsa', bits: wanted?.name === 'rsa' && wanted.bits > 0 ? wanted.bits : Math.max(rsaBits, before) }
}
