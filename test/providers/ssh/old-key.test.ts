import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, describe, expect, it } from 'vitest'
import { type SshHost, startSshd } from '../../../local/servers/sshd.ts'
import { suiteFor } from '../../contract/suite.ts'
import { sshKey, sshTarget } from '../../functions/ssh/secret-types.ts'
import { fourSteps } from '../../support/secrets-manager.ts'
import { lineOf, logsIn, pemIn, readKeys, writeKeys } from '../../support/ssh.ts'
import { isRoot } from '../hosts.ts'

/** OpenSSH 8.4, 9.2, 10.0. Without root there is but one kind of host. */
const suites = isRoot ? (['bullseye', 'bookworm', 'trixie'] as const) : (['bookworm'] as const)
const hosts = await Promise.all(suites.map((suite) => startSshd({ suite })))
const [oldest, known] = [hosts[0], hosts.at(-1)] as [SshHost, SshHost]
const type = sshKey(hosts)
const suite = await suiteFor({ ...type, function: { ...type.function, env: { SSH_OLD_KEY_HOURS: '5' } } })
const { secrets } = suite
afterAll(async () => {
  await secrets[Symbol.asyncDispose]()
  await Promise.all(hosts.map((host) => host[Symbol.asyncDispose]()))
})

/** A target that has been rotated so often, with the values that it had, the current one last. */
async function rotated(rounds: number) {
  for (const host of hosts) await writeKeys(host, '')
  const target = await suite.stored(() => sshTarget(hosts, { options: 'no-pty' }))
  const values = [target.value]
  for (let round = 0; round < rounds; round++) {
    await secrets.rotate(target.secretId)
    values.push(await target.stagedValue('AWSCURRENT'))
  }
  return { ...target, values }
}
const linesWith = async (host: SshHost, value: string) =>
  (await readKeys(host)).split('\n').filter((each) => each.includes(lineOf(pemIn(value))))
const letsIn = (host: SshHost, values: readonly string[]) =>
  Promise.all(values.map((value) => logsIn(host, pemIn(value))))

describe('the key before the current one, with SSH_OLD_KEY_HOURS', { meta: { server: 'OpenSSH 8.4 to 10' } }, () => {
  it('lets in until its time is up, and is removed at the rotation after that', async () => {
    const { secretId, values } = await rotated(2)
    expect(await letsIn(known, values)).toEqual([true, true, true])
    const [ending = ''] = await linesWith(known, values[0] ?? '')
    const [, year, month, day, hour, minute] = /^expiry-time="(....)(..)(..)(..)(..)\d\dZ",no-pty /.exec(ending) ?? []
    const hours = (Date.parse(`${year}-${month}-${day}T${hour}:${minute}:00Z`) - Date.now()) / 3_600_000
    expect(hours).toBeGreaterThan(4.9)
    expect(hours).toBeLessThanOrEqual(5)
    await writeKeys(known, (await readKeys(known)).replace(/expiry-time="\d+Z"/, 'expiry-time="20260101000000Z"'))
    expect(await letsIn(known, values)).toEqual([false, true, true])
    await secrets.rotate(secretId)
    expect(await linesWith(known, values[0] ?? '')).toEqual([])
    expect(await letsIn(known, values)).toEqual([false, true, true])
    expect((await readKeys(known)).match(/expiry-time/g)).toHaveLength(1)
  })

  it.runIf(isRoot)('is removed at once from a host that would refuse such a line', async () => {
    const { values } = await rotated(2)
    expect(oldest.version).toMatch(/^8\./)
    expect(await linesWith(oldest, values[0] ?? '')).toEqual([])
    expect(await letsIn(oldest, values)).toEqual([false, true, true])
    expect(await readKeys(oldest)).not.toContain('expiry-time')
  })

  it('is never the one in use, however long a rotation is stuck', async () => {
    const { secretId, values } = await rotated(1)
    const stuck = await secrets.begin(secretId)
    for (let tries = 0; tries < 3; tries++) {
      await stuck.run('createSecret', 'setSecret')
      for (const line of await linesWith(known, values[1] ?? '')) expect(line).not.toContain('expiry-time')
    }
    // As if all of its hours had gone by.
    await writeKeys(known, (await readKeys(known)).replaceAll(/expiry-time="\d+Z"/g, 'expiry-time="20260101000000Z"'))
    expect(await letsIn(known, values)).toEqual([false, true])
    await stuck.run(...fourSteps)
  })

  it('has no end any more where somebody makes it the current one again', async () => {
    const { secretId, values } = await rotated(2)
    const [first = '', , last = ''] = values
    await secrets.client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString: first }))
    await secrets.rotate(secretId)
    const next = await secrets.storedValue(secretId, 'AWSCURRENT')
    expect(await letsIn(known, [first, next, last])).toEqual([true, true, true])
    for (const value of [first, next])
      for (const line of await linesWith(known, value)) expect(line).toMatch(/^no-pty /)
    expect(await linesWith(known, last)).toEqual([expect.stringMatching(/^expiry-time=/)])
  })
})
