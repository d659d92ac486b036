import { UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, describe, expect, it } from 'vitest'
import { startSshd } from '../../../local/servers/sshd.ts'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { fourSteps } from '../../support/secrets-manager.ts'
import { lineOf, logsIn, readKeys, testKey, writeKeys } from '../../support/ssh.ts'
import { doorTo } from '../../support/ssh-door.ts'
import { allWell, rotated } from './rotation.ts'
import { hostFields, pemIn, type SshWish, sshKey, sshTarget } from './secret-types.ts'

const hosts = await Promise.all([startSshd(), startSshd(), startSshd()])
const [first, second, third] = hosts as [(typeof hosts)[0], (typeof hosts)[0], (typeof hosts)[0]]
const type = sshKey(hosts)
const suite = await suiteFor(type)
const { secrets } = suite
const door = await doorTo(third.port)

afterAll(async () => {
  await secrets[Symbol.asyncDispose]()
  await door[Symbol.asyncDispose]()
  await Promise.all(hosts.map((host) => host[Symbol.asyncDispose]()))
})

/** A fleet of three, the last of which can be out of reach, and which nobody else has keys on. */
async function fleet(wish: SshWish = {}) {
  for (const host of hosts) await writeKeys(host, '')
  const at = [{}, {}, { port: door.port }]
  return suite.stored(() => sshTarget(hosts, { hosts: at, ...wish }))
}
const outcomeOf = (secretId: string) => rotated(secrets, secretId)
const refusals = () =>
  hosts.map((host) => (host.log().match(/Failed publickey|Connection closed by .* \[preauth\]/g) ?? []).length)

describe('a fleet', { meta: { server: type.server } }, () => {
  it('one host down: the rotation fails, the next one succeeds, and none in between removes the key it still has', async () => {
    const target = await fleet()
    await secrets.rotate(target.secretId)
    const { AWSCURRENT: before = '' } = await target.staged()
    await door.close()
    const down = await outcomeOf(target.secretId)
    expect(down.outcomes).toEqual(['ok', 'Unreachable'])
    expect(down.message).toContain(`127.0.0.1:${door.port} cannot be reached (ECONNREFUSED)`)
    expect(down.logs).toContain('put the new key on 2 of 3 hosts')
    // Somebody gives up and begins another one, which leaves the key of the first behind.
    await secrets.client.send(dropped(target.secretId, down.rotation.token))
    const again = await outcomeOf(target.secretId)
    expect(again.outcomes).toEqual(['ok', 'Unreachable'])
    await door.open()
    for (const host of hosts) expect(await logsIn(host, pemIn(before))).toBe(true)
    await again.rotation.run(...fourSteps)
    await target.expectPromoted(again.rotation, before)
    for (const host of hosts) expect((await readKeys(host)).match(/keyturn:/g)).toHaveLength(2)
  })

  it('one host down, with min_success: goes on without it, says so, and does not do it twice', async () => {
    const target = await fleet({ fields: { min_success: 2 } })
    await secrets.rotate(target.secretId)
    const { AWSCURRENT: kept = '' } = await target.staged()
    await door.close()
    const left = await outcomeOf(target.secretId)
    // testSecret leaves it out as well.
    expect(left.outcomes).toEqual(allWell)
    expect(secrets.output()).toContain(`left behind, to be reached at the next rotation: 127.0.0.1:${door.port}`)
    const before = await Promise.all(hosts.map(readKeys))
    const twice = await outcomeOf(target.secretId)
    expect(twice.outcomes).toEqual(['ok', 'Unreachable'])
    expect(await Promise.all(hosts.map(readKeys))).toEqual(before)
    await door.open()
    expect(await logsIn(third, pemIn(kept))).toBe(true)
    // It comes back with the key before the current one, which lets the function in.
    await twice.rotation.run(...fourSteps)
    const { AWSCURRENT = '', AWSPREVIOUS = '' } = await target.staged()
    for (const host of hosts) {
      expect(await logsIn(host, pemIn(AWSCURRENT))).toBe(true)
      expect(await logsIn(host, pemIn(AWSPREVIOUS))).toBe(true)
      expect((await readKeys(host)).match(/keyturn:/g)).toHaveLength(2)
    }
    expect(await logsIn(third, pemIn(kept))).toBe(false)
  })

  it('with min_success: a host that lets neither key in ends the rotation before any host is changed', async () => {
    const target = await fleet({ fields: { min_success: 1 } })
    await writeKeys(second, '')
    const error = await expectFailure(suite, target, { code: 'LoginRefused', step: 'setSecret', stillWorks: false })
    expect(error.errorMessage).toContain(`127.0.0.1:${second.port} refuses`)
    expect(error.errorMessage).toContain(lineOf(pemIn(target.value)))
  })

  it('several hosts down: names them, and how far it came', async () => {
    const at = [{}, { port: 1 }, { port: 2 }]
    const target = await fleet({ hosts: at })
    const { outcomes, message } = await outcomeOf(target.secretId)
    expect(outcomes).toEqual(['ok', 'FleetIncomplete'])
    expect(message).toMatch(
      /^1 of 3 hosts have the new key\. Unreachable: 127\.0\.0\.1:1 .* Unreachable: 127\.0\.0\.1:2 .*can help\.$/s,
    )
  })

  it('a whole rotation makes no failed login, and one connection a host in setSecret and in testSecret', async () => {
    const target = await fleet()
    const before = refusals()
    const rotation = await secrets.begin(target.secretId)
    const counts: number[] = []
    for (const step of fourSteps) {
      const from = door.connections()
      await rotation.run(step)
      counts.push(door.connections() - from)
    }
    expect(counts).toEqual([0, 1, 1, 0])
    expect(refusals()).toEqual(before)
  })

  it('makes 11 calls of Secrets Manager in a rotation', async () => {
    const target = await fleet()
    secrets.local.calls.clear()
    await secrets.rotate(target.secretId)
    expect(secrets.local.calls.by(type.function.id)).toHaveLength(11)
  })

  it('a host key that is not pinned gets no login, and the error shows it', async () => {
    const { line: other } = await testKey()
    const at = [{}, { host_keys: [other] }, {}]
    const target = await fleet({ hosts: at })
    const tried = () => (second.log().match(/publickey|userauth/gi) ?? []).length
    const before = tried()
    const { outcomes, message } = await outcomeOf(target.secretId)
    expect(outcomes).toEqual(['ok', 'HostKeyMismatch'])
    expect(message).toMatch(/shows the host key SHA256:\S{43}, which is not pinned \(SHA256:\S{43}\)/)
    expect(tried()).toBe(before)
  })

  it('a pending value for another user, host or file is not carried out', async () => {
    for (const [field, value] of [
      ['username', 'root'],
      ['hosts', [{ host: 'elsewhere.invalid', host_keys: first.hostKeys }]],
      ['hosts', [{ ...hostFields(first), authorized_keys_path: '/tmp/other' }]],
    ] as const) {
      const target = await fleet()
      const rotation = await secrets.begin(target.secretId)
      await secrets.storePending(rotation, JSON.stringify({ ...JSON.parse(target.value), [field]: value }))
      await rotation.run('createSecret')
      const outcome = await rotation.attempt('setSecret')
      expect(outcome.ok ? '' : outcome.error.errorType).toBe('PendingMismatch')
    }
  })
})

/** As an operator drops a rotation. */
function dropped(SecretId: string, RemoveFromVersionId: string) {
  return new UpdateSecretVersionStageCommand({ SecretId, RemoveFromVersionId, VersionStage: 'AWSPENDING' })
}
