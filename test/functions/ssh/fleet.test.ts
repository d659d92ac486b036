import { chown, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { startSshd } from '../../../local/servers/sshd.ts'
import { parsePrivateKey } from '../../../shared/ssh-protocol/private-key.ts'
import { fingerprint } from '../../../shared/ssh-protocol/public-key.ts'
import { rotationCalls } from '../../contract/calls.ts'
import { findLeak } from '../../support/leaks.ts'
import { codeOf } from '../../support/outcome.ts'
import { fourSteps, secretsManagerFor } from '../../support/secrets-manager.ts'
import { lineOf, logsIn, pemIn, readKeys, testKey, writeKeys } from '../../support/ssh.ts'
import { dropped, fleetOfThree } from './fleet-of-three.ts'
import { allWell, rotated } from './rotation.ts'
import { hopFields, hostFields, sshTarget } from './secret-types.ts'

const { suite, type, secrets, hosts, doors, fleet, outcomeOf } = await fleetOfThree()
const [first, second, third] = hosts
const [, , door] = doors
const refusals = () =>
  hosts.map((host) => (host.log().match(/Failed publickey|Connection closed by .* \[preauth\]/g) ?? []).length)

describe('a fleet', { meta: { server: type.server } }, () => {
  it('with one host down fails to rotate, then succeeds, and no run removes the key that the host still has', async () => {
    const target = await fleet()
    await secrets.rotate(target.secretId)
    const before = await target.stagedValue('AWSCURRENT')
    await door.close()
    const down = await outcomeOf(target.secretId)
    expect(down.outcomes).toEqual(['succeeded', 'Unreachable'])
    expect(down.message).toContain(`127.0.0.1:${door.port} cannot be reached (ECONNREFUSED)`)
    expect(down.logs).toContain('put the new key on 2 of 3 hosts')
    // Somebody gives up and begins another one, which leaves the key of the first behind.
    await secrets.client.send(dropped(target.secretId, down.rotation.token))
    const again = await outcomeOf(target.secretId)
    expect(again.outcomes).toEqual(['succeeded', 'Unreachable'])
    await door.open()
    for (const host of hosts) expect(await logsIn(host, pemIn(before))).toBe(true)
    await again.rotation.run(...fourSteps)
    await target.expectPromoted(again.rotation, before)
    for (const host of hosts) expect((await readKeys(host)).match(/keyturn:/g)).toHaveLength(2)
  })

  it('with one host down and min_success goes on without it, says so, and does not do it twice', async () => {
    const target = await fleet({ fields: { min_success: 2 } })
    await secrets.rotate(target.secretId)
    const kept = await target.stagedValue('AWSCURRENT')
    await door.close()
    const left = await outcomeOf(target.secretId)
    // testSecret leaves it out as well.
    expect(left.outcomes).toEqual(allWell)
    expect(secrets.output()).toContain(`left behind, to be reached at the next rotation: 127.0.0.1:${door.port}`)
    const before = await Promise.all(hosts.map(readKeys))
    const twice = await outcomeOf(target.secretId)
    expect(twice.outcomes).toEqual(['succeeded', 'Unreachable'])
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

  it('leaves the key of another account that the value of before was for', async () => {
    const [robot, own] = [await testKey(), await testKey()]
    const target = await fleet()
    for (const host of hosts) await writeKeys(host, `${robot.line} robot\n${own.line} app\n`)
    for (const [pem, username] of [
      [robot.pem, 'robot'],
      [own.pem, first.account.username],
    ]) {
      const SecretString = JSON.stringify({ ...JSON.parse(target.value), private_key: pem, username })
      await secrets.client.send(new PutSecretValueCommand({ SecretId: target.secretId, SecretString }))
    }
    expect((await outcomeOf(target.secretId)).outcomes).toEqual(allWell)
    expect(await readKeys(first)).toContain(robot.line)
  })

  it('has a key that is in two files removed from both', async () => {
    const path = `${first.path(first.account.keys)}2`
    const target = await fleet({
      fields: { authorized_keys_path: hosts.map(({ account }) => [account.keys, `${account.keys}2`])[0] },
    })
    await writeFile(path, await readKeys(first), { mode: 0o600 })
    if (first.account.uid !== undefined) await chown(path, first.account.uid, first.account.gid ?? 0)
    for (let n = 0; n < 2; n++) await secrets.rotate(target.secretId)
    const text = await readFile(path, 'utf8')
    await rm(path)
    expect(text).not.toContain(lineOf(pemIn(target.value)))
    expect(text.match(/keyturn:/g)).toHaveLength(2)
  })

  it('with several hosts down fails with an error that names them, and how far it came', async () => {
    const at = [{}, { port: 1 }, { port: 2 }]
    const target = await fleet({ hosts: at })
    const { outcomes, message } = await outcomeOf(target.secretId)
    expect(outcomes).toEqual(['succeeded', 'FleetIncomplete'])
    expect(message).toMatch(
      /^1 of 3 hosts have the new key\. Unreachable: 127\.0\.0\.1:1 .* Unreachable: 127\.0\.0\.1:2 .*can help\.$/s,
    )
  })

  it('rotates without a failed login, and with one connection a host in setSecret and in testSecret', async () => {
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

  it('is changed with the current key until the new one is in use, so that a second attempt gets in', async () => {
    const target = await fleet()
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret')
    const from = first.log().length
    await rotation.run('setSecret', 'setSecret', 'testSecret')
    const { AWSCURRENT = '', AWSPENDING = '' } = await target.staged()
    const used = [
      ...first
        .log()
        .slice(from)
        .matchAll(/^Accepted publickey .* (SHA256:\S+)$/gm),
    ].map(([, key]) => key)
    const [current, pending] = [AWSCURRENT, AWSPENDING].map((value) => fingerprintOf(pemIn(value)))
    expect(used).toEqual([current, current, pending])
    await rotation.run('finishSecret')
  })

  it('has the private key on no disk of a host', async () => {
    const target = await fleet()
    const began = Date.now()
    await secrets.rotate(target.secretId)
    const AWSCURRENT = await target.stagedValue('AWSCURRENT')
    const written = await writtenSince(began, first.account.uid === undefined ? first.account.home : first.path('/'))
    expect(written.map(({ path }) => path)).toContain(first.path(first.account.keys))
    // All keys of this form have their first line in common, those of the hosts, too.
    const parts = target.sensitive(AWSCURRENT).filter((part) => !target.value.includes(part))
    expect(parts.length).toBeGreaterThan(2)
    for (const { text } of written) expect(findLeak(text, parts)).toBeUndefined()
  })

  it('rotates through jump hosts, with pinned keys at each hop', async () => {
    const target = await fleet()
    const jump = [await hopFields(first, secrets), await hopFields(second, secrets)]
    const hosts = [{ ...hostFields(third), jump }]
    const secretId = await secrets.store(JSON.stringify({ ...JSON.parse(target.value), hosts }))
    const before = second.log().length
    expect((await outcomeOf(secretId)).outcomes).toEqual(allWell)
    expect(second.log().slice(before)).toContain('Accepted publickey')
    expect(await logsIn(third, pemIn(await secrets.storedValue(secretId, 'AWSCURRENT')))).toBe(true)
  })

  it('asks Secrets Manager as often as one host does', async () => {
    const target = await fleet()
    secrets.local.calls.clear()
    await secrets.rotate(target.secretId)
    expect(secrets.local.calls.by(type.function.id)).toHaveLength(rotationCalls.SshKey.usual.all)
  })

  it('gives no login to a host whose key is not pinned, and the error shows that key', async () => {
    const { line: other } = await testKey()
    const at = [{}, { host_keys: [other] }, {}]
    const target = await fleet({ hosts: at })
    const tried = () => (second.log().match(/publickey|userauth/gi) ?? []).length
    const before = tried()
    const { outcomes, message } = await outcomeOf(target.secretId)
    expect(outcomes).toEqual(['succeeded', 'HostKeyMismatch'])
    expect(message).toMatch(/shows the host key SHA256:\S{43}, which is not pinned \(SHA256:\S{43}\)/)
    expect(tried()).toBe(before)
  })

  it('has a host that is going to show another key named in the log and in a metric', async () => {
    await using host = await startSshd({ hostKeyTypes: ['ed25519', 'ecdsa'] })
    const target = await suite.stored(() => sshTarget([host], { hosts: [{ host_keys: host.hostKeys.slice(0, 1) }] }))
    const { outcomes, logs } = await rotated(secrets, target.secretId)
    expect(outcomes).toEqual(allWell)
    expect(logs).toMatch(/announces host keys that are not pinned: SHA256:\S{43}/)
    expect(logs).toContain('"UnpinnedHostKeys":1')
  })

  it('without host keys is refused, and accepted where the function is configured so', async () => {
    const target = await fleet({ hosts: [{ host_keys: [] }, {}, {}] })
    const refused = await outcomeOf(target.secretId)
    expect(refused.outcomes).toEqual(['InvalidSecret'])
    expect(refused.message).toContain(`127.0.0.1:${first.port} in the secret has no host_keys`)
    await using trusting = await secretsManagerFor({ ...type.function, env: { SSH_HOST_KEYS: 'accept-new' } })
    const { outcomes, logs } = await rotated(trusting, await trusting.store(target.value))
    expect(outcomes).toEqual(allWell)
    expect(logs).toMatch(/was trusted with the host key SHA256:/)
  })

  it('with an invalid entry, a port in host or a missing key fails in createSecret, with its name', async () => {
    for (const [fields, sentence] of [
      [{ hosts: ['web1'] }, '"hosts.0" in the secret must be an object with host and host_keys.'],
      [{ hosts: [{ host: 'web1:22' }] }, '"hosts.0.host" in the secret must be a host name or an address, without'],
      [{ hosts: [{ host: '::1', port: 'x' }] }, '"hosts.0.port" in the secret must be a whole number'],
      [{ private_key: '' }, 'The secret has no private key, so nothing lets the function in.'],
    ] as const) {
      const { value } = await sshTarget(hosts)
      const { outcomes, message } = await outcomeOf(
        await secrets.store(JSON.stringify({ ...JSON.parse(value), ...fields })),
      )
      expect(outcomes).toEqual(['InvalidSecret'])
      expect(message).toContain(sentence)
    }
  })

  it('is not changed by a pending value for another user, host or file', async () => {
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
      expect(codeOf(outcome)).toBe('PendingMismatch')
    }
  })
})

const fingerprintOf = (pem: string) => fingerprint(parsePrivateKey(pem, 'the key').publicKey.blob)

/** The files below a folder that have changed since, with what is in them. */
async function writtenSince(time: number, folder: string) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name))
  const changed = await Promise.all(files.map(async (path) => ({ path, at: (await stat(path)).mtimeMs })))
  const recent = changed.filter(({ at }) => at >= time - 1_000)
  return Promise.all(recent.map(async ({ path }) => ({ path, text: await readFile(path, 'latin1') })))
}
