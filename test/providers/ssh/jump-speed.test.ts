import { afterAll, describe, expect, it } from 'vitest'
import { parseTarget } from '../../../functions/ssh/target.ts'
import { testKey as proveKey } from '../../../functions/ssh/test-key.ts'
import { startSshd } from '../../../local/servers/sshd.ts'
import type { RotationContext } from '../../../shared/rotation/context.ts'
import { doorsOf } from '../../../shared/ssh-protocol/doors.ts'
import { parseHostKeys } from '../../../shared/ssh-protocol/host-keys.ts'
import { parsePrivateKey } from '../../../shared/ssh-protocol/private-key.ts'
import { hostFields } from '../../functions/ssh/secret-types.ts'
import { testKey, writeKeys } from '../../support/ssh.ts'

const bastion = await startSshd()
const hosts = await Promise.all(Array.from({ length: 20 }, () => startSshd()))
afterAll(() => Promise.all([bastion, ...hosts].map((host) => host[Symbol.asyncDispose]())))

const context = {
  signal: new AbortController().signal,
  remainingMs: () => 120_000,
  sleep: async () => undefined,
  conceal: () => undefined,
  did: () => undefined,
} as unknown as RotationContext

describe('twenty hosts behind one jump host', { meta: { server: `OpenSSH ${bastion.version}` } }, () => {
  it('take at most 0.4 times as long as the same logins one after another', async () => {
    const { pem, line } = await testKey()
    for (const host of [bastion, ...hosts]) await writeKeys(host, `${line}\n`)
    const key = parsePrivateKey(pem, '')
    const { username } = bastion.account
    const jump = hostFields(bastion)
    const fields = { username, hosts: [hostFields(bastion), ...hosts.map((host) => ({ ...hostFields(host), jump }))] }
    const target = parseTarget(fields, 'the secret', false)

    async function oneAfterAnother() {
      for (const host of target.hosts) {
        using doors = doorsOf(context)
        using _connection = await doors.open(host, { username, key })
      }
    }
    const took = async (work: () => Promise<void>) => {
      const began = performance.now()
      await work()
      return performance.now() - began
    }
    // Each way once before, so that neither pays for its first time.
    await proveKey(key, target, context)
    const ratios: number[] = []
    for (let round = 0; round < 3; round++) {
      const alone = await took(oneAfterAnother)
      ratios.push((await took(() => proveKey(key, target, context))) / alone)
    }
    expect(parseHostKeys(bastion.hostKeys)).toBeDefined()
    expect(Math.min(...ratios), ratios.join(', ')).toBeLessThanOrEqual(0.4)
  })
})
