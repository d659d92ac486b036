import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, sign, verify } from 'node:crypto'
import { promisify } from 'node:util'
import keyParser from 'ssh2/lib/protocol/keyParser.js'
import type { RotationContext } from '../rotation/context.ts'
import { opensshPem, type PemKind, type PemShape, writePem } from './pem.ts'
import { type KeyType, type PrivateKey, parsePrivateKey } from './private-key.ts'

const generate = promisify(generateKeyPair)

export interface NewKey extends PrivateKey {
  /** The value that is stored. */
  readonly text: string
}

/**
 * Makes a key, and proves that what will be stored is one: it is read back, signs, its public half is that of the key that was
 * made, and ssh2 reads it, too.
 * @param before the value whose shape is kept; a key of another type gets the PEM that is usual for it
 * @throws Error, which is a defect
 */
export async function newKey(
  type: KeyType,
  before: Pick<PrivateKey, 'shape' | 'comment' | 'type'> | undefined,
  random: Pick<RotationContext, 'randomBytes'>,
): Promise<NewKey> {
  const made = await keyPair(type, random)
  const comment = before?.comment ?? ''
  const text = writePem(made, shapeFor(type, before), comment)
  const read = parsePrivateKey(text, 'The new private key')
  const probe = Buffer.from('keyturn')
  const algorithm = type.name === 'ed25519' ? null : 'sha256'
  const signature = sign(algorithm, probe, read.key)
  if (!verify(algorithm, probe, createPublicKey(made), signature) || !read.key.equals(made)) {
    throw new Error('the new key does not read back as it was made')
  }
  checkWithSsh2(opensshPem(read.key, comment), read)
  return { ...read, text }
}

/**
 * Whether another program, which we log in with, reads a key as we do.
 * @throws Error, which is a defect, and holds no part of the key
 */
export function checkWithSsh2(pem: string, { publicKey }: Pick<PrivateKey, 'publicKey'>): void {
  const read = keyParser.parseKey(pem)
  if (read instanceof Error || !read.getPublicSSH().equals(publicKey.blob)) {
    throw new Error('ssh2 does not read the new key as it was made')
  }
}

/** PKCS#8 of an Ed25519 key, up to the 32 bytes that are the key (RFC 8410 §7). */
const ed25519Head = Buffer.from('302e020100300506032b657004220420', 'hex')

async function keyPair(type: KeyType, { randomBytes }: Pick<RotationContext, 'randomBytes'>): Promise<KeyObject> {
  if (type.name === 'ed25519') {
    const key = Buffer.concat([ed25519Head, randomBytes(32)])
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  }
  // OpenSSL looks for primes and numbers below an order by itself.
  if (type.name === 'rsa') return (await generate('rsa', { modulusLength: type.bits })).privateKey
  return (await generate('ec', { namedCurve: type.curve })).privateKey
}

const usual: Readonly<Record<KeyType['name'], PemKind>> = { ed25519: 'openssh', rsa: 'pkcs1', ecdsa: 'openssh' }

function shapeFor({ name }: KeyType, before: Pick<PrivateKey, 'shape' | 'type'> | undefined): PemShape {
  if (before === undefined) return { kind: usual[name], newline: '\n', endsInNewline: true }
  return before.type.name === name ? before.shape : { ...before.shape, kind: usual[name] }
}
