import { createPrivateKey, type KeyObject } from 'node:crypto'
import { decodeOpenssh, encodeOpenssh, PemError } from './openssh-pem.ts'

/** The kinds of PEM that a private key without a passphrase is kept in. */
export type PemKind = 'pkcs1' | 'sec1' | 'pkcs8' | 'openssh'

const labels: Readonly<Record<string, PemKind>> = {
  'RSA PRIVATE KEY': 'pkcs1',
  'EC PRIVATE KEY': 'sec1',
  'PRIVATE KEY': 'pkcs8',
  'OPENSSH PRIVATE KEY': 'openssh',
}

/** How a text is written, besides what it says. */
export interface PemShape {
  readonly kind: PemKind
  /** The last is what is left of a newline that was escaped once too often: a backslash and an n. */
  readonly newline: '\n' | '\r\n' | '\\n'
  readonly endsInNewline: boolean
}

/** A key as it stands in a PEM; the comment is that of an OPENSSH key. */
export interface PemKey {
  readonly key: KeyObject
  readonly comment: string
  readonly shape: PemShape
}

/**
 * Reads PEM as leniently as any program would: with CRLF, with `\n` as two characters, with spaces for newlines.
 * @throws PemError, without any part of the text: also where the bytes are not those of a key that SSH has
 */
export function parsePem(text: string): PemKey {
  const escaped = !text.includes('\n') && text.includes('\\n')
  const plain = (escaped ? text.replaceAll('\\r', '').replaceAll('\\n', '\n') : text).replace(/^\uFEFF/, '').trim()
  if (/^PuTTY-User-Key-File/.test(plain))
    throw new PemError('is a key of PuTTY; "puttygen KEY -O private-openssh" converts it')
  const [, label = '', body = ''] = /^-----BEGIN ([A-Z0-9 ]+)-----(.*)-----END \1-----$/s.exec(plain) ?? []
  if (label.includes('PUBLIC') || /^(ssh|ecdsa|sk)-\S+ AAAA/.test(plain)) throw new PemError('is a public key')
  if (label.includes('ENCRYPTED') || body.includes('ENCRYPTED')) throw new PemError('is protected by a passphrase')
  if (label.startsWith('DSA')) throw new PemError('is a DSA key, which servers have stopped to accept')
  const kind = labels[label]
  const base64 = body.replaceAll(/\s/g, '')
  if (kind === undefined || base64 === '' || !/^[A-Za-z0-9+/]+=*$/.test(base64)) {
    throw new PemError('is not the PEM of a private key')
  }
  const newline = escaped ? '\\n' : text.includes('\r\n') ? '\r\n' : '\n'
  const shape = { kind, newline, endsInNewline: text.endsWith(newline) } as const
  return { ...keyIn(Buffer.from(base64, 'base64'), kind), shape }
}

function keyIn(bytes: Buffer, kind: PemKind): Omit<PemKey, 'shape'> {
  try {
    if (kind === 'openssh') return decodeOpenssh(bytes)
    return { key: createPrivateKey({ key: bytes, format: 'der', type: kind }), comment: '' }
  } catch (error) {
    if (error instanceof PemError) throw error
    // What OpenSSL says of it is of no use to anybody, and may hold a part of the key.
    throw new PemError('is damaged')
  }
}

/**
 * Writes a key in a shape. OPENSSH always has LF and a final newline, whatever the shape says: ssh and ssh-keygen do not
 * load it otherwise (tried with 9.2).
 */
export function writePem(key: KeyObject, { kind, newline, endsInNewline }: PemShape, comment: string): string {
  if (kind === 'openssh') return opensshPem(key, comment)
  const pem = String(key.export({ format: 'pem', type: kind })).trimEnd()
  return `${pem}${endsInNewline ? '\n' : ''}`.replaceAll('\n', newline)
}

/** The form that every SSH program reads. */
export function opensshPem(key: KeyObject, comment: string): string {
  const lines =
    encodeOpenssh(key, comment)
      .toString('base64')
      .match(/.{1,70}/g) ?? []
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n')
}
