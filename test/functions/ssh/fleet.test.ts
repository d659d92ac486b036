import { once } from 'node:events'
import { chown, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PutSecretValueCommand, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, describe, expect, it } from 'vitest'
import { startSshd } from '../../../local/servers/sshd.ts'
import { parsePrivateKey } from '../../../shared/ssh-protocol/private-key.ts'
import { fingerprint } from '../../../shared/ssh-protocol/public-key.ts'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { findLeak } from '../../support/leaks.ts'
import { fourSteps, secretsManagerFor } from '../../support/secrets-manager.ts'
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
const doors = [await doorTo(first.port), await doorTo(second.port), door] as const

afterAll(async () => {
  await secrets[Symbol.asyncDispose]()
  await Promise.all(doors.map((each) => each[Symbol.asyncDispose]()))
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

  it('with min_success: others than last time down: no host loses both keys', async () => {
    const target = await fleet({ fields: { min_success: 1 }, hosts: doors.map(({ port }) => ({ port })) })
    const [a, b, c] = doors
    await Promise.all([b.close(), c.close()])
    expect((await outcomeOf(target.secretId)).outcomes).toEqual(allWell)
    await Promise.all([a.close(), b.open()])
    const other = await outcomeOf(target.secretId)
    expect(other.outcomes).toEqual(['ok', 'FleetIncomplete'])
    expect(other.message).toContain('It may have been left behind before')
    await Promise.all([a.open(), c.open()])
    await other.rotation.run(...fourSteps)
    const { AWSCURRENT = '' } = await target.staged()
    for (const host of hosts) expect(await logsIn(host, pemIn(AWSCURRENT))).toBe(true)
  })

  it('with min_success: a host left behind gets another address and is still down: it is not left behind again', async () => {
    const target = await fleet({ fields: { min_success: 2 } })
    await door.close()
    expect((await outcomeOf(target.secretId)).outcomes).toEqual(allWell)
    const { AWSCURRENT = '' } = await target.staged()
    await using elsewhere = await doorTo(third.port)
    await elsewhere.close()
    const SecretString = AWSCURRENT.replace(`"port":${door.port}`, `"port":${elsewhere.port}`)
    expect(SecretString).not.toBe(AWSCURRENT)
    await secrets.client.send(new PutSecretValueCommand({ SecretId: target.secretId, SecretString }))
    const again = await outcomeOf(target.secretId)
    await door.open()
    expect(again.outcomes).toEqual(['ok', 'Unreachable'])
  })

  it('with min_success: a connection that breaks while a file is changed counts as a host that is down', async () => {
    const target = await fleet({ fields: { min_success: 2 } })
    await secrets.rotate(target.secretId)
    door.cutAfter(4_600)
    const { outcomes, logs } = await outcomeOf(target.secretId)
    door.cutAfter(undefined)
    expect(outcomes).toEqual(allWell)
    expect(logs).toContain(`left behind, to be reached at the next rotation: 127.0.0.1:${door.port}`)
    // Its lock is still there, for as long as the run might have been alive.
    await rm(`${third.path(third.account.keys)}.keyturn-lock`, { force: true })
    await secrets.rotate(target.secretId)
    const { AWSCURRENT = '' } = await target.staged()
    for (const host of hosts) expect(await logsIn(host, pemIn(AWSCURRENT))).toBe(true)
  })

  it('a value of before that was of another account: that one keeps its key', async () => {
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

  it('a key in two files goes from both', async () => {
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

  it('a run that has outlived its rotation takes no key of the next one away', async () => {
    const target = await fleet()
    const stale = await secrets.begin(target.secretId)
    await stale.run('createSecret')
    // It stands still for as long as the third host takes to open, with all it has read.
    const { promise: waits, resolve: go } = Promise.withResolvers<void>()
    door.holdUntil(waits)
    const held = stale.attempt('setSecret')
    while (door.holding() === 0) await sleep(20)
    door.holdUntil(undefined)
    await stale.end().catch(() => undefined)
    await secrets.client.send(dropped(target.secretId, stale.token))
    await secrets.rotate(target.secretId)
    go()
    const outcome = await held
    expect(outcome.ok ? 'ok' : outcome.error.errorType).toBe('NotPending')
    const { AWSCURRENT = '' } = await target.staged()
    for (const host of hosts) expect(await logsIn(host, pemIn(AWSCURRENT))).toBe(true)
  })

  it('a rename that arrives late finds nothing: files of other runs are gone before a file is changed', async () => {
    const target = await fleet()
    const left = `${first.path(first.account.keys)}.keyturn-0123456789ab`
    await writeFile(left, 'as it was')
    await secrets.rotate(target.secretId)
    const isThere = await readFile(left).then(
      () => true,
      () => false,
    )
    await rm(left, { force: true })
    expect(isThere).toBe(false)
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

  it('does not lock itself out of its second attempt: the current key edits until the new one is in use', async () => {
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
    const { AWSCURRENT = '' } = await target.staged()
    const written = await writtenSince(began, first.account.uid === undefined ? first.account.home : first.path('/'))
    expect(written.map(({ path }) => path)).toContain(first.path(first.account.keys))
    for (const { text } of written) expect(findLeak(text, target.sensitive(AWSCURRENT))).toBeUndefined()
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

  it('a host that says nothing until the time is up: says how far it came, and the next attempt ends it', async () => {
    await using silent = await listening()
    const target = await fleet({ hosts: [{}, {}, { port: silent.port }] })
    await using short = await secretsManagerFor({ ...type.function, timeoutMs: 5_000 })
    const secretId = await short.store(target.value)
    const { outcomes, message, logs } = await rotated(short, secretId)
    expect(outcomes).toEqual(['ok', 'TimedOut'])
    expect(message).toContain(`127.0.0.1:${silent.port} did not let the function in before the time ran out`)
    expect(logs).toContain('put the new key on 2 of 3 hosts')
    for (const host of [first, second]) expect((await readKeys(host)).match(/keyturn:/g)).toHaveLength(1)
  })

  it('a host that is going to show another key is told of, in the log and as a metric', async () => {
    await using host = await startSshd({ hostKeyTypes: ['ed25519', 'ecdsa'] })
    const target = await suite.stored(() => sshTarget([host], { hosts: [{ host_keys: host.hostKeys.slice(0, 1) }] }))
    const { outcomes, logs } = await rotated(secrets, target.secretId)
    expect(outcomes).toEqual(allWell)
    expect(logs).toMatch(/announces host keys that are not pinned: SHA256:\S{43}/)
    expect(logs).toContain('"UnpinnedHostKeys":1')
  })

  it('hosts without host keys are refused, and taken as they come where the function is configured so', async () => {
    const target = await fleet({ hosts: [{ host_keys: [] }, {}, {}] })
    const refused = await outcomeOf(target.secretId)
    expect(refused.outcomes).toEqual(['InvalidSecret'])
    expect(refused.message).toContain(`127.0.0.1:${first.port} in the secret has no host_keys`)
    await using trusting = await secretsManagerFor({ ...type.function, env: { SSH_HOST_KEYS: 'accept-new' } })
    const { outcomes, logs } = await rotated(trusting, await trusting.store(target.value))
    expect(outcomes).toEqual(allWell)
    expect(logs).toMatch(/was trusted with the host key SHA256:/)
  })

  it('an entry that is none, a port in host, and a key that is missing are named in createSecret', async () => {
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

const fingerprintOf = (pem: string) => fingerprint(parsePrivateKey(pem, 'the key').publicKey.blob)

/** The files below a folder that have changed since, with what is in them. */
async function writtenSince(time: number, folder: string) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name))
  const changed = await Promise.all(files.map(async (path) => ({ path, at: (await stat(path)).mtimeMs })))
  const recent = changed.filter(({ at }) => at >= time - 1_000)
  return Promise.all(recent.map(async ({ path }) => ({ path, text: await readFile(path, 'latin1') })))
}

/** As an operator drops a rotation. */
function dropped(SecretId: string, RemoveFromVersionId: string) {
  return new UpdateSecretVersionStageCommand({ SecretId, RemoveFromVersionId, VersionStage: 'AWSPENDING' })
}

/** What takes connections and says nothing. */
async function listening(): Promise<{ readonly port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => void sockets.add(socket.on('error', () => undefined)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
