import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { newKey } from '../../../shared/ssh-protocol/new-key.ts'
import type { KeyType } from '../../../shared/ssh-protocol/private-key.ts'
import { publicKeyLine } from '../../../shared/ssh-protocol/public-key.ts'
import { checkWithSsh2 } from '../../../shared/ssh-protocol/second-opinion.ts'
import { sshKeygen } from '../../support/ssh-keygen.ts'

const folder = mkdtempSync(join(tmpdir(), 'keyturn-encoder-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('keys that were made', { meta: { server: 'ssh-keygen 9.2, ssh2 1.17' } }, () => {
  it.each<[number, KeyType]>([
    [9_000, { name: 'ed25519' }],
    [400, { name: 'ecdsa', curve: 'P-256' }],
    [300, { name: 'ecdsa', curve: 'P-384' }],
    [290, { name: 'ecdsa', curve: 'P-521' }],
    [10, { name: 'rsa', bits: 2048 }],
  ])(
    '%i of type %j are read by ssh-keygen and by ssh2, as what they are',
    { timeout: 900_000 },
    async (count, type) => {
      for (let n = 0; n < count; n++) {
        const before = { type, shape: { kind: 'openssh', newline: '\n', endsInNewline: true }, comment: '' } as const
        const key = await newKey(type, before, { randomBytes }, checkWithSsh2)
        const path = join(folder, 'key')
        writeFileSync(path, key.text, { mode: 0o600 })
        expect(sshKeygen('-y', '-f', path)?.trim()).toBe(publicKeyLine(key.publicKey))
      }
    },
  )
})
