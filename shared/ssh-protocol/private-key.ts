import type { KeyObject } from 'node:crypto'
import { RotationError } from '../errors/rotation-error.ts'
import { ours, say } from '../errors/words.ts'
import { PemError } from './openssh-pem.ts'
import { type PemKey, parsePem } from './pem.ts'
import { curveOf, type PublicKey, publicKeyOf } from './public-key.ts'

/** What kind of key it is, with all that a new one of the same kind needs. */
export type KeyType =
  | { readonly name: 'ed25519' }
  | { readonly name: 'rsa'; readonly bits: number }
  | { readonly name: 'ecdsa'; readonly curve: string }

export interface PrivateKey extends PemKey {
  readonly type: KeyType
  readonly publicKey: PublicKey
}

/** NIST SP 800-131A; AWS and OpenSSH's RequiredRSASize have moved on as well. */
const leastBits = 2048

/**
 * @param what the text is, to begin a sentence with
 * @throws RotationError InvalidSecret, which says what is wrong and never shows a part of the text
 */
export function parsePrivateKey(text: string, what: string): PrivateKey {
  try {
    const { key, comment, shape } = parsePem(text)
    const publicKey = publicKeyOf(key)
    if (publicKey === undefined) throw new PemError('is of a kind that SSH does not have')
    const type = typeOf(key, publicKey)
    if (type.name === 'rsa' && type.bits < leastBits) {
      throw new PemError(`is an RSA key of ${type.bits} bits; ${leastBits} are the least`)
    }
    return { key, type, publicKey, shape, comment }
  } catch (error) {
    if (!(error instanceof PemError)) throw error
    throw new RotationError('InvalidSecret', say`${ours(what)} ${ours(error.message)}.`, {
      likely: say`The value was pasted, converted or made by hand.`,
      remedy: say`Put the private key with put-secret-value: PEM without a passphrase, Ed25519, ECDSA or RSA.`,
    })
  }
}

function typeOf({ asymmetricKeyDetails: details }: KeyObject, { type }: PublicKey): KeyType {
  const curve = curveOf(type)
  if (curve !== undefined) return { name: 'ecdsa', curve }
  return type === 'ssh-rsa' ? { name: 'rsa', bits: details?.modulusLength ?? 0 } : { name: 'ed25519' }
}
