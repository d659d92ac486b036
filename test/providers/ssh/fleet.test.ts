import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import { dropped, fleetOfThree } from '../../functions/ssh/fleet-of-three.ts'
import { allWell, rotated } from '../../functions/ssh/rotation.ts'
import { codeOf } from '../../support/outcome.ts'
import { fourSteps, secretsManagerFor } from '../../support/secrets-manager.ts'
import { lineOf, logsIn, pemIn, readKeys, writeKeys } from '../../support/ssh.ts'
import { doorTo } from '../../support/ssh-door.ts'

// What every change needs is in test/functions/ssh/fleet.test.ts.
const { suite, type, secrets, hosts, doors, fleet, outcomeOf } = await fleetOfThree()
const [first, second, third] = hosts
const [, , door] = doors

describe('a fleet, in odd cases', { meta: { server: type.server } }, () => {
  it('with min_success loses both keys on no host, where other hosts than last time are down', async () => {
    const target = await fleet({ fields: { min_success: 1 }, hosts: doors.map(({ port }) => ({ port })) })
    const [a, b, c] = doors
    await Promise.all([b.close(), c.close()])
    expect((await outcomeOf(target.secretId)).outcomes).toEqual(allWell)
    await Promise.all([a.close(), b.open()])
    const other = await outcomeOf(target.secretId)
    expect(other.outcomes).toEqual(['succeeded', 'FleetIncomplete'])
    expect(other.message).toContain('It may have been left behind before')
    await Promise.all([a.open(), c.open()])
    await other.rotation.run(...fourSteps)
    const AWSCURRENT = await target.stagedValue('AWSCURRENT')
    for (const host of hosts) expect(await logsIn(host, pemIn(AWSCURRENT))).toBe(true)
  })

  it('with min_success does not leave a host behind again under another address', async () => {
    const target = await fleet({ fields: { min_success: 2 } })
    await door.close()
    expect((await outcomeOf(target.secretId)).outcomes).toEqual(allWell)
    const AWSCURRENT = await target.stagedValue('AWSCURRENT')
    await using elsewhere = await doorTo(third.port)
    await elsewhere.close()
    const SecretString = AWSCURRENT.replace(`"port":${door.port}`, `"port":${elsewhere.port}`)
    expect(SecretString).not.toBe(AWSCURRENT)
    await secrets.client.send(new PutSecretValueCommand({ SecretId: target.secretId, SecretString }))
    const again = await outcomeOf(target.secretId)
    await door.open()
    expect(again.outcomes).toEqual(['succeeded', 'Unreachable'])
  })

  it('with min_success counts a host whose connection breaks while a file is changed as down', async () => {
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
    const AWSCURRENT = await target.stagedValue('AWSCURRENT')
    for (const host of hosts) expect(await logsIn(host, pemIn(AWSCURRENT))).toBe(true)
  })

  it('with min_success ends the rotation before any change where a host lets neither key in', async () => {
    const target = await fleet({ fields: { min_success: 1 } })
    await writeKeys(second, '')
    const error = await expectFailure(suite, target, { code: 'LoginRefused', step: 'setSecret', stillWorks: false })
    expect(error.errorMessage).toContain(`127.0.0.1:${second.port} refuses`)
    expect(error.errorMessage).toContain(lineOf(pemIn(target.value)))
  })

  it('loses no key of the next rotation to a run that has outlived its own', async () => {
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
    expect(codeOf(outcome)).toBe('NotPending')
    const AWSCURRENT = await target.stagedValue('AWSCURRENT')
    for (const host of hosts) expect(await logsIn(host, pemIn(AWSCURRENT))).toBe(true)
  })

  it('has no file left of another run, so that a late rename finds nothing', async () => {
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

  it('with a host that says nothing until the time is up says how far it came, and the next attempt ends it', async () => {
    await using silent = await listening()
    const target = await fleet({ hosts: [{}, {}, { port: silent.port }] })
    await using short = await secretsManagerFor({ ...type.function, timeoutMs: 5_000 })
    const secretId = await short.store(target.value)
    const { outcomes, message, logs } = await rotated(short, secretId)
    expect(outcomes).toEqual(['succeeded', 'TimedOut'])
    expect(message).toContain(`127.0.0.1:${silent.port} did not let the function in before the time ran out`)
    expect(logs).toContain('put the new key on 2 of 3 hosts')
    for (const host of [first, second]) expect((await readKeys(host)).match(/keyturn:/g)).toHaveLength(1)
  })
})

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
