import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { checkWithSsh2, newKey } from '../../shared/ssh-protocol/new-key.ts'
import { opensshPem, type PemShape, writePem } from '../../shared/ssh-protocol/pem.ts'
import { type KeyType, parsePrivateKey } from '../../shared/ssh-protocol/private-key.ts'
import { publicKeyLine } from '../../shared/ssh-protocol/public-key.ts'
import { keyWithSeed, sshKeygen } from '../support/ssh-keygen.ts'

const folder = mkdtempSync(join(tmpdir(), 'keyturn-keys-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const lf: PemShape = { kind: 'openssh', newline: '\n', endsInNewline: true }

/** What ssh-keygen says the public half is; undefined where it does not load the text. */
function loaded(text: string): string | undefined {
  const path = join(folder, randomBytes(6).toString('hex'))
  writeFileSync(path, text, { mode: 0o600 })
  return sshKeygen('-y', '-f', path)?.trim()
}

const types: readonly KeyType[] = [
  { name: 'ed25519' },
  { name: 'rsa', bits: 2048 },
  { name: 'ecdsa', curve: 'P-256' },
  { name: 'ecdsa', curve: 'P-384' },
  { name: 'ecdsa', curve: 'P-521' },
]

describe('a new key', () => {
  it.each(types)(
    'of type $name $curve $bits is read by ssh-keygen and by ssh2, in each kind of PEM that both know',
    async (type) => {
      const kinds =
        type.name === 'rsa' ? ['openssh', 'pkcs1'] : type.name === 'ecdsa' ? ['openssh', 'sec1'] : ['openssh']
      for (const kind of kinds as PemShape['kind'][]) {
        const before = { shape: { ...lf, kind }, type, comment: 'me@example' }
        const key = await newKey(type, before, { randomBytes })
        expect(key.text).toContain(
          kind === 'openssh' ? 'BEGIN OPENSSH PRIVATE KEY' : `BEGIN ${type.name === 'rsa' ? 'RSA' : 'EC'} PRIVATE KEY`,
        )
        const comment = kind === 'openssh' ? ' me@example' : ''
        expect(loaded(key.text)).toBe(`${publicKeyLine(key.publicKey)}${comment}`)
      }
    },
  )

  it('with leading zeros in a half is read like any other', () => {
    let zeros = 0
    for (let n = 0; zeros < 2; n++) {
      const key = keyWithSeed(n)
      const { x = '', d = '' } = key.export({ format: 'jwk' })
      if (Buffer.from(x, 'base64url')[0] !== 0 && Buffer.from(d, 'base64url')[0] !== 0) continue
      zeros++
      const pem = opensshPem(key, '')
      const { publicKey } = parsePrivateKey(pem, 'the key')
      checkWithSsh2(pem, { publicKey })
      expect(loaded(pem)).toBe(publicKeyLine(publicKey))
    }
  })

  it('is of the type that ssh-keygen would make, and is read back from what ssh-keygen made', () => {
    for (const [name, options] of [
      ['ed25519', []],
      ['rsa', ['-b', '2048']],
      ['ecdsa', ['-b', '521']],
    ] as const) {
      const path = join(folder, `made-${name}`)
      expect(sshKeygen('-q', '-N', '', '-C', 'me@there', '-t', name, ...options, '-f', path)).toBeDefined()
      const text = readFileSync(path, 'utf8')
      const key = parsePrivateKey(text, 'the key')
      expect([key.type.name, key.comment]).toEqual([name, 'me@there'])
      expect(loaded(opensshPem(key.key, key.comment))).toBe(readFileSync(`${path}.pub`, 'utf8').trim())
    }
  })
})

describe('the shape of a private key', () => {
  const ed25519 = keyWithSeed(1)
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const pem = (shape: Partial<PemShape>) => writePem(shape.kind === 'openssh' ? ed25519 : rsa, { ...lf, ...shape }, '')

  it.each([
    ['LF and a final newline', { kind: 'pkcs1' }],
    ['CRLF', { kind: 'pkcs1', newline: '\r\n' }],
    ['no final newline', { kind: 'pkcs8', endsInNewline: false }],
    ['newlines that were escaped once too often', { kind: 'pkcs1', newline: '\\n' }],
  ] as const)('with %s is read and written again as it was', (_, shape) => {
    const text = pem(shape)
    const { key, shape: read } = parsePrivateKey(text, 'the key')
    expect(writePem(key, read, '')).toBe(text)
  })

  it('of OPENSSH is written with LF and a final newline, whatever it was like before', () => {
    const right = pem({ kind: 'openssh' })
    for (const odd of [right.trimEnd(), right.replaceAll('\n', '\r\n'), right.replaceAll('\n', '\\n'), `\n${right}`]) {
      const { key, shape } = parsePrivateKey(odd, 'the key')
      expect(writePem(key, shape, '')).toBe(right)
    }
    expect(loaded(right)).toBeDefined()
    expect(loaded(right.trimEnd())).toBeUndefined()
  })

  it('is read where newlines have become blanks, and where they are gone', () => {
    const right = pem({ kind: 'openssh' })
    const { publicKey } = parsePrivateKey(right, 'the key')
    expect(parsePrivateKey(right.replaceAll('\n', ' '), 'the key').publicKey).toEqual(publicKey)
    const gone = right.replace(/-\n/, '-').replaceAll(/(?<=[A-Za-z0-9+/=])\n/g, '')
    expect(parsePrivateKey(gone, 'the key').publicKey).toEqual(publicKey)
  })
})

describe('a text that is no usable private key', () => {
  const weak = String(
    generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ type: 'pkcs1', format: 'pem' }),
  )
  const locked = (...options: string[]) => {
    const path = join(folder, `locked-${options.length}`)
    sshKeygen('-q', '-N', 'passphrase', '-t', 'rsa', '-b', '2048', ...options, '-f', path)
    return readFileSync(path, 'utf8')
  }
  const right = opensshPem(keyWithSeed(2), '')

  it.each([
    ['protected by a passphrase (OPENSSH)', locked(), 'is protected by a passphrase'],
    ['protected by a passphrase (PKCS#1)', locked('-m', 'PEM'), 'is protected by a passphrase'],
    ['protected by a passphrase (PKCS#8)', locked('-m', 'PKCS8', '-a', '1'), 'is protected by a passphrase'],
    ['a public key', publicKeyLine(parsePrivateKey(right, '').publicKey), 'is a public key'],
    ['RSA of 1024 bits', weak, 'is an RSA key of 1024 bits; 2048 are the least'],
    ['DSA', '-----BEGIN DSA PRIVATE KEY-----\nAAAA\n-----END DSA PRIVATE KEY-----', 'is a DSA key'],
    ['PuTTY', 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none', 'is a key of PuTTY'],
    ['cut', `${right.slice(0, 200)}\n-----END OPENSSH PRIVATE KEY-----`, 'is damaged'],
    ['empty inside', '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----', 'is not the PEM of a private key'],
    ['a password', 'correct horse battery staple', 'is not the PEM of a private key'],
  ])('%s: is refused by name, and not shown', (_, text, why) => {
    const refuse = () => parsePrivateKey(text, 'The secret')
    expect(refuse).toThrow(RotationError)
    expect(refuse).toThrow(`The secret ${why}`)
    expect(() => refuse()).not.toThrow(text.split('\n').at(-2)?.slice(0, 20) || 'correct horse')
  })
})
