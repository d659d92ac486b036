import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { type SshdOptions, type SshHost, startSshd } from '../../../local/servers/sshd.ts'
import { suiteFor } from '../../contract/suite.ts'
import { allWell, rotated } from '../../functions/ssh/rotation.ts'
import { type SshWish, sshKey, sshTarget } from '../../functions/ssh/secret-types.ts'
import { codeOf, saidBy } from '../../support/outcome.ts'
import { fourSteps } from '../../support/secrets-manager.ts'
import { logsIn, pemIn, testKey } from '../../support/ssh.ts'
import { isRoot } from '../hosts.ts'

const started: SshHost[] = []
afterAll(() => Promise.all(started.map((host) => host[Symbol.asyncDispose]())))
async function hostWith(options: SshdOptions): Promise<SshHost> {
  const host = await startSshd(options)
  started.push(host)
  return host
}
async function on(host: SshHost, timeoutMs: number) {
  const type = sshKey([host])
  const suite = await suiteFor({ ...type, function: { ...type.function, timeoutMs } })
  return {
    secrets: suite.secrets,
    target: (wish: SshWish = {}) => suite.stored(() => sshTarget([host], wish)),
    [Symbol.asyncDispose]: () => suite.secrets[Symbol.asyncDispose](),
  }
}

/** Logs in with wrong keys until the address is turned away. */
async function earnPenalty(host: SshHost): Promise<void> {
  const { pem } = await testKey()
  for (let tries = 0; tries < 10; tries++) {
    const turnedAway = await logsIn(host, pem).then(
      () => false,
      () => true,
    )
    if (turnedAway) return
  }
  throw new Error('no penalty')
}

describe.skipIf(!isRoot)('a host with penalties, at their defaults', { meta: { server: 'OpenSSH 10.0' } }, () => {
  it('counts nothing of a whole rotation', async () => {
    const host = await hostWith({ suite: 'trixie', settings: ['LogLevel DEBUG1'] })
    await using at = await on(host, 30_000)
    const target = await at.target()
    for (let round = 0; round < 3; round++) await at.secrets.rotate(target.secretId)
    expect(host.log()).toContain('Accepted publickey')
    expect(host.log()).not.toMatch(/Failed publickey|penalty: connections|Connection closed by .* \[preauth\]/)
  })

  it('is waited for once where the address has a penalty, and then lets it in', async () => {
    const host = await hostWith({ suite: 'trixie' })
    await using at = await on(host, 60_000)
    const target = await at.target()
    const rotation = await at.secrets.begin(target.secretId)
    await rotation.run('createSecret')
    await earnPenalty(host)
    const began = performance.now()
    await rotation.run('setSecret')
    expect(performance.now() - began).toBeGreaterThan(10_000)
    await rotation.run(...fourSteps)
    await target.expectPromoted(rotation, target.value)
  })

  it('is busy, and no wrong key, where there is no time to wait', async () => {
    const host = await hostWith({ suite: 'trixie' })
    await using at = await on(host, 12_000)
    const target = await at.target()
    const rotation = await at.secrets.begin(target.secretId)
    await rotation.run('createSecret')
    await earnPenalty(host)
    const outcome = await rotation.attempt('setSecret')
    expect(codeOf(outcome)).toBe('HostBusy')
    expect(saidBy(outcome)).toMatch(/PerSourcePenalties.*Trying again can help\.$/)
  })

  it('is busy where it has as many logins under way as it takes, and lets in when they are over', async () => {
    const host = await hostWith({ settings: ['MaxStartups 3:100:3'] })
    await using at = await on(host, 12_000)
    const target = await at.target()
    const held: Socket[] = Array.from({ length: 5 }, () => connect(host.port, '127.0.0.1').on('error', () => undefined))
    await Promise.any(held.map((socket) => once(socket, 'data')))
    await sleep(300)
    const { outcomes, rotation } = await rotated(at.secrets, target.secretId)
    expect(outcomes).toEqual(['succeeded', 'HostBusy'])
    for (const socket of held) socket.destroy()
    // The server notices in its own time.
    const letsIn = () => logsIn(host, pemIn(target.value)).catch(() => false)
    await expect.poll(letsIn, { timeout: 15_000 }).toBe(true)
    await rotation.run(...fourSteps)
    await target.expectPromoted(rotation, target.value)
  })
})

describe.skipIf(!isRoot)('algorithms that a host does not take', { meta: { server: 'OpenSSH 10.0 and 9.2' } }, () => {
  it('any key exchange but a post-quantum one is NoCommonAlgorithm, which says what to do', async () => {
    const host = await hostWith({ suite: 'trixie', settings: ['KexAlgorithms mlkem768x25519-sha256'] })
    await using at = await on(host, 12_000)
    const hosts = [{ host: host.host, port: host.port, host_keys: host.hostKeys }]
    const secretId = await at.secrets.store(
      JSON.stringify({ username: 'app', private_key: (await testKey()).pem, hosts }),
    )
    const { outcomes, message } = await rotated(at.secrets, secretId)
    expect(outcomes).toEqual(['succeeded', 'NoCommonAlgorithm'])
    expect(message).toMatch(/have no key exchange algorithm in common.*curve25519-sha256/)
  })

  it('an RSA key of the new size is refused in testSecret, and the current key goes on working', async () => {
    await using at = await on(await hostWith({ settings: ['RequiredRSASize 4096'] }), 30_000)
    const target = await at.target({ fields: { key_type: 'rsa-3072' } })
    const { outcomes, message } = await rotated(at.secrets, target.secretId)
    expect(outcomes).toEqual(['succeeded', 'succeeded', 'LoginRefused'])
    expect(message).toMatch(/with the key ssh-rsa of 3072 bits.*RequiredRSASize/)
    expect(await target.works(target.value)).toBe(true)
    const { outcomes: larger } = await rotated(
      at.secrets,
      (await at.target({ fields: { key_type: 'rsa-4096' } })).secretId,
    )
    expect(larger).toEqual(allWell)
  })

  it('a type of key is refused in testSecret, with the setting as a cause', async () => {
    await using at = await on(await hostWith({ settings: ['PubkeyAcceptedAlgorithms ssh-ed25519'] }), 30_000)
    const { outcomes, message } = await rotated(
      at.secrets,
      (await at.target({ fields: { key_type: 'ecdsa' } })).secretId,
    )
    expect(outcomes).toEqual(['succeeded', 'succeeded', 'LoginRefused'])
    expect(message).toContain('PubkeyAcceptedAlgorithms')
  })
})
