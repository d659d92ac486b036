import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { newKey } from '../../../shared/ssh-protocol/new-key.ts'
import type { KeyType } from '../../../shared/ssh-protocol/private-key.ts'
import { publicKeyLine } from '../../../shared/ssh-protocol/public-key.ts'
import { opensshProgram } from '../../support/ssh-keygen.ts'

const folder = mkdtempSync(join(tmpdir(), 'keyturn-encoder-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const batch = 200
const shape = { kind: 'openssh', newline: '\n', endsInNewline: true } as const

/** Makes keys in files and gives their lines. */
async function made(count: number, type: KeyType): Promise<string[]> {
  const lines: string[] = []
  for (let n = 0; n < count; n++) {
    const key = await newKey(type, { type, shape, comment: '' }, { randomBytes })
    writeFileSync(join(folder, String(n)), key.text, { mode: 0o600 })
    lines.push(publicKeyLine(key.publicKey))
  }
  return lines
}

/** What ssh-keygen says of them. One shell for all: to start it takes longer than to read a key. */
function readBySshKeygen(count: number): string[] {
  const loop = 'n=0; while [ $n -lt $COUNT ]; do "$@" -y -f "$FOLDER/$n" || exit 1; n=$((n + 1)); done'
  const env = { ...process.env, COUNT: String(count), FOLDER: folder }
  const said = execFileSync('sh', ['-c', loop, 'sh', ...opensshProgram('ssh-keygen')], { env, encoding: 'utf8' })
  return said.trim().split('\n')
}

describe('keys that were made', { meta: { server: 'ssh-keygen 9.2, ssh2 1.17' } }, () => {
  it.each<[number, KeyType]>([
    [9_000, { name: 'ed25519' }],
    [400, { name: 'ecdsa', curve: 'P-256' }],
    [300, { name: 'ecdsa', curve: 'P-384' }],
    [290, { name: 'ecdsa', curve: 'P-521' }],
    [10, { name: 'rsa', bits: 2048 }],
  ])(
    '%i of type %j are read by ssh-keygen and by ssh2, as what they are',
    async (count, type) => {
      for (let done = 0; done < count; done += batch) {
        const lines = await made(Math.min(batch, count - done), type)
        expect(readBySshKeygen(lines.length)).toEqual(lines)
      }
    },
    900_000,
  )
})
