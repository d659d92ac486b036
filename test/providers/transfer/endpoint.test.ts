import { afterAll, describe, expect, it } from 'vitest'
import { startSshd } from '../../../local/servers/sshd.ts'
import { suiteFor } from '../../contract/suite.ts'
import { transferTarget, transferUserKey } from '../../functions/transfer/secret-type.ts'
import { codeOf } from '../../support/outcome.ts'
import { testKey, writeKeys } from '../../support/ssh.ts'
import { transferApi } from '../../support/transfer-api.ts'

// moto has no endpoint: an sshd stands for it, with the keys of the user.
const [api, host] = await Promise.all([transferApi(), startSshd()])
const suite = await suiteFor(transferUserKey(api))
afterAll(async () => {
  await suite.secrets[Symbol.asyncDispose]()
  await Promise.all([api[Symbol.asyncDispose](), host[Symbol.asyncDispose]()])
})

/** A rotation that has come to testSecret. */
async function beforeTest(fields: Readonly<Record<string, unknown>> = {}) {
  const { host: name, port, hostKeys, account } = host
  const username = account.username
  const target = await suite.stored(() =>
    transferTarget(api, { username, host: name, port, host_keys: hostKeys, ...fields }, { username }),
  )
  const rotation = await suite.secrets.begin(target.secretId)
  await rotation.run('createSecret', 'setSecret')
  return { target, rotation, letIn: async () => writeKeys(host, `${(await api.keys(username)).join('\n')}\n`) }
}
const count = (what: RegExp) => (host.log().match(what) ?? []).length
const failed = () => count(/Failed publickey/g)

describe('testSecret, where a user of Transfer Family has host keys', { meta: { server: 'moto, sshd' } }, () => {
  it('logs in at the endpoint with the new key', async () => {
    const { rotation, letIn } = await beforeTest()
    await letIn()
    const before = [count(/Accepted publickey/g), failed()]
    await rotation.run('testSecret')
    expect([count(/Accepted publickey/g), failed()]).toEqual([(before[0] ?? 0) + 1, before[1]])
  })

  it('gives a server a moment to let the key in', async () => {
    const { rotation, letIn } = await beforeTest()
    await writeKeys(host, '')
    const before = failed()
    const testing = rotation.attempt('testSecret')
    await expect.poll(failed, { timeout: 10_000 }).toBeGreaterThan(before)
    await letIn()
    expect(await testing).toMatchObject({ ok: true })
  })

  it('fails where the key is never let in, and the value in use stays', async () => {
    const { rotation, target } = await beforeTest()
    await writeKeys(host, '')
    const outcome = await rotation.attempt('testSecret')
    expect(codeOf(outcome)).toBe('LoginRefused')
    expect((await target.staged()).AWSCURRENT).toBe(target.value)
  })

  it('sends nothing to a server that shows another host key', async () => {
    const { rotation, letIn } = await beforeTest({ host_keys: [(await testKey()).line] })
    await letIn()
    const before = [count(/Accepted publickey/g), failed()]
    const outcome = await rotation.attempt('testSecret')
    expect(codeOf(outcome)).toBe('HostKeyMismatch')
    expect([count(/Accepted publickey/g), failed()]).toEqual(before)
  })

  it('leaves no secret value in any log', () => suite.expectNoLeak(host.log()))
})
