import { afterAll, describe, expect, it } from 'vitest'
import { startSshd } from '../../../local/servers/sshd.ts'
import { suiteFor } from '../../contract/suite.ts'
import { allWell, rotated } from '../../functions/ssh/rotation.ts'
import { hopFields, hostFields, type SshWish, sshKey, sshTarget } from '../../functions/ssh/secret-types.ts'
import { testKey } from '../../support/ssh.ts'
import { doorTo } from '../../support/ssh-door.ts'

const [bastion, second, inner, closed] = await Promise.all([
  startSshd(),
  startSshd(),
  startSshd(),
  startSshd({ settings: ['AllowTcpForwarding no'] }),
])
const doors = await Promise.all([doorTo(bastion.port), doorTo(inner.port)])
const [toBastion, toInner] = doors
const type = sshKey([inner])
const suite = await suiteFor(type)

afterAll(async () => {
  await suite.secrets[Symbol.asyncDispose]()
  for (const each of [...doors, bastion, second, inner, closed]) await each[Symbol.asyncDispose]()
})

/** Ways to write one address: as many hosts with one file. */
const names = [
  '127.0.0.1',
  '127.1',
  '127.0.1',
  '0x7f.1',
  '0177.1',
  '2130706433',
  '0x7f000001',
  '017700000001',
  '127.0x0.0.1',
  '127.00.0.1',
]

const hop = (host: typeof bastion, fields: Readonly<Record<string, unknown>> = {}) =>
  hopFields(host, suite.secrets, fields)

async function behind(jump: unknown, wish: SshWish = {}) {
  const target = await suite.stored(() => sshTarget([inner], { hosts: [{ jump }], ...wish }))
  return rotated(suite.secrets, target.secretId)
}

describe('a host behind a jump host', { meta: { server: type.server } }, () => {
  it('is reached with pinned keys at each hop, one or two', async () => {
    expect((await behind(await hop(bastion))).outcomes).toEqual(allWell)
    expect((await behind([await hop(bastion), await hop(second)])).outcomes).toEqual(allWell)
    expect(second.log()).toContain('Accepted publickey')
  })

  it('gives no login to a hop that shows another key, and the error names the hop', async () => {
    const { line } = await testKey()
    const tried = () => (bastion.log().match(/Accepted|Failed/g) ?? []).length
    const jump = await hop(bastion, { host_keys: [line] })
    const before = tried()
    const { outcomes, message } = await behind(jump)
    expect(outcomes).toEqual(['succeeded', 'HostKeyMismatch'])
    expect(message).toContain(`127.0.0.1:${bastion.port} shows the host key`)
    expect(tried()).toBe(before)
  })

  it('is told from a hop that does not forward where it is down', async () => {
    const refused = await behind(await hop(closed))
    expect(refused.outcomes).toEqual(['succeeded', 'JumpRefused'])
    const down = await behind(await hop(bastion), { hosts: [{ jump: await hop(bastion), port: 1 }] })
    expect(down.outcomes).toEqual(['succeeded', 'Unreachable'])
    expect(down.message).toContain(`127.0.0.1:1 cannot be reached from the jump host 127.0.0.1:${bastion.port}`)
  })

  it('may have a hop without a key of its own that is among the hosts, which gets the new key, too', async () => {
    const { secret_arn: _, ...shared } = await hop(bastion)
    const alone = await behind(shared)
    expect(alone.outcomes).toEqual(['InvalidSecret'])
    expect(alone.message).toContain('is not among its hosts')
    const both = [hostFields(bastion), { ...hostFields(inner), jump: shared }]
    const target = await suite.stored(() => sshTarget([bastion, inner], { fields: { hosts: both } }))
    expect((await rotated(suite.secrets, target.secretId)).outcomes).toEqual(allWell)
  })

  it('shares one login at the jump host with all others behind it, four at a time', async () => {
    const jump = await hop(bastion, { port: toBastion.port })
    const hosts = names.map((host) => ({ ...hostFields(inner), host, port: toInner.port, jump }))
    const [atBastion, atInner] = [toBastion.connections(), toInner.connections()]
    expect((await behind(jump, { fields: { hosts } })).outcomes).toEqual(allWell)
    // One in setSecret and one in testSecret.
    expect(toBastion.connections() - atBastion).toBe(2)
    expect(toInner.connections() - atInner).toBe(2 * hosts.length)
    expect(toInner.most()).toBeGreaterThan(1)
    // A login that is ending may still be counted when the next one comes.
    expect(toInner.most()).toBeLessThanOrEqual(7)
  })

  it('is not tried after a host key behind the same jump host that is not the pinned one', async () => {
    const jump = await hop(bastion)
    const { line } = await testKey()
    const hosts = names.map((host) => {
      return { ...hostFields(inner), host, port: toInner.port, jump, host_keys: [line] }
    })
    const before = toInner.connections()
    const { outcomes, message } = await behind(jump, { fields: { hosts } })
    expect(outcomes).toEqual(['succeeded', 'FleetIncomplete'])
    expect(message).toContain('0 of 10 hosts have the new key')
    expect(toInner.connections() - before).toBeLessThanOrEqual(4)
  })
})
