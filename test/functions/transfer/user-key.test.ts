import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PutSecretValueCommand, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, expect, it } from 'vitest'
import { callCases } from '../../contract/call-cases.ts'
import { rotationCalls } from '../../contract/calls.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { codeOf } from '../../support/outcome.ts'
import { secretsManagerFor } from '../../support/secrets-manager.ts'
import { lineOf, pemIn, testKey } from '../../support/ssh.ts'
import { doorTo } from '../../support/ssh-door.ts'
import { transferApi } from '../../support/transfer-api.ts'
import { allWell, rotated } from '../ssh/rotation.ts'
import { transferTarget, transferUserKey } from './secret-type.ts'

const api = await transferApi()
const userKey = transferUserKey(api)
afterAll(() => api[Symbol.asyncDispose]())

await secretTypeContract(userKey, undefined, (suite) => {
  const { secrets, stored } = suite
  callCases(suite, rotationCalls.TransferUserKey.usual)

  it('a user has two keys during the overlap, and the one before goes at the next rotation', async () => {
    const target = await transferTarget(api)
    const { secretId } = await stored(async () => target)
    const first = lineOf(pemIn(target.value))
    await secrets.rotate(secretId)
    expect(await api.keys(target.username)).toHaveLength(2)
    await secrets.rotate(secretId)
    const keys = await api.keys(target.username)
    expect(keys).toHaveLength(2)
    expect(keys.some((key) => key.startsWith(first))).toBe(false)
  })

  it('a key that a dropped rotation has imported is deleted by the next one', async () => {
    const target = await transferTarget(api)
    const { secretId } = await stored(async () => target)
    const dropped = await secrets.begin(secretId)
    await dropped.run('createSecret', 'setSecret')
    const { AWSCURRENT = '' } = await (await stored(async () => target)).staged()
    await secrets.client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString: AWSCURRENT }))
    await dropped.end()
    expect((await rotated(secrets, secretId)).outcomes).toEqual(allWell)
    expect(await api.keys(target.username)).toHaveLength(2)
  })

  it('a run that has outlived its rotation deletes no key of the next one', async () => {
    await using door = await doorTo(Number(new URL(api.url).port))
    await using through = await secretsManagerFor({
      ...userKey.function,
      env: { AWS_ENDPOINT_URL_TRANSFER: `http://127.0.0.1:${door.port}` },
    })
    const target = await transferTarget(api)
    const secretId = await through.store(target.value)
    const stale = await through.begin(secretId)
    await stale.run('createSecret')
    const { promise: waits, resolve: go } = Promise.withResolvers<void>()
    door.holdUntil(waits)
    const held = stale.attempt('setSecret')
    await expect.poll(() => door.holding()).toBe(1)
    door.holdUntil(undefined)
    await stale.end().catch(() => undefined)
    const command = { SecretId: secretId, RemoveFromVersionId: stale.token, VersionStage: 'AWSPENDING' }
    await through.client.send(new UpdateSecretVersionStageCommand(command))
    await through.rotate(secretId)
    go()
    const outcome = await held
    expect(codeOf(outcome)).toBe('NotPending')
    expect(await target.works(await through.storedValue(secretId, 'AWSCURRENT'))).toBe(true)
    // Its own imported key is deleted by the next rotation.
    expect((await rotated(through, secretId)).outcomes).toEqual(allWell)
    expect(await api.keys(target.username)).toHaveLength(2)
  })

  it("a missing user, a refused call and a fault have codes of their own, with AWS's own answers", async () => {
    for (const [type, code] of [
      ['ResourceNotFoundException', 'TransferUserMissing'],
      ['AccessDeniedException', 'AccessDenied'],
      ['InternalServiceError', 'TransferFailed'],
    ] as const) {
      await using aws = await answering(400, { __type: type, Message: 'no' })
      await using refused = await secretsManagerFor({
        ...userKey.function,
        env: { AWS_ENDPOINT_URL_TRANSFER: aws.url },
      })
      const { value, username } = await transferTarget(api)
      const { outcomes, message } = await rotated(refused, await refused.store(value))
      expect(outcomes).toEqual(['succeeded', code])
      expect(message).toContain(`user ${username} of ${api.serverId}`)
    }
  })

  it('invalid fields are named in errors', async () => {
    const { pem } = await testKey()
    const outcome = async (fields: object) => {
      const value = { private_key: pem, server_id: api.serverId, username: 'nobody', ...fields }
      return rotated(secrets, await secrets.store(JSON.stringify(value)))
    }
    for (const [fields, name] of [
      [{ server_id: 'server' }, 'server_id'],
      [{ username: 'a/b' }, 'username'],
      [{ host_keys: ['MD5:00'] }, 'host_keys'],
      [{ port: 0 }, 'port'],
    ] as const) {
      const { outcomes, message } = await outcome(fields)
      expect(outcomes).toEqual(['InvalidSecret'])
      expect(message).toContain(`"${name}" in the secret must be`)
    }
  })
})

/** What answers as an API of AWS does. */
async function answering(status: number, body: object): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
