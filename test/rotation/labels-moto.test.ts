import { randomUUID } from 'node:crypto'
import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, expect, it } from 'vitest'
import { startLocalSecretsManager } from '../../local/secrets-manager/start.ts'
import { secretsManagerStore } from '../../shared/aws/secrets-manager.ts'
import { startMoto } from '../support/moto.ts'
import { localClient } from '../support/secrets-manager.ts'

const servers = [
  ["the laptop's Secrets Manager", await startLocalSecretsManager()],
  ['moto', await startMoto()],
] as const
afterAll(async () => {
  for (const [, server] of servers) await server[Symbol.asyncDispose]()
})

it.each(servers)(
  '%s lets a label be put on and taken off once, and a value be stored again',
  async (_, { endpoint }) => {
    const client = localClient(endpoint)
    const store = secretsManagerStore(client, AbortSignal.timeout(20_000))
    const text = '{"refresh_token":"R0"}'
    const { ARN: id = '', VersionId: first = '' } = await client.send(
      new CreateSecretCommand({ Name: randomUUID(), SecretString: text, ClientRequestToken: randomUUID() }),
    )
    const pending = { SecretId: id, ClientRequestToken: randomUUID(), VersionStages: ['AWSPENDING'] }
    await client.send(new PutSecretValueCommand({ ...pending, SecretString: '{}' }))
    const labels = async () => (await store.describe(id)).labels

    await store.putAgain(id, { id: first, text }, 'KEYTURN_LATEST')
    expect([...(await labels()).keys()].sort()).toEqual([first, pending.ClientRequestToken].sort())
    expect(await store.read(id, { label: 'AWSCURRENT' })).toMatchObject({ id: first, text })

    expect(await store.moveLabel(id, 'CLAIM', { to: first })).toBe(true)
    expect((await labels()).get(first)).toContain('CLAIM')
    expect((await labels()).get(pending.ClientRequestToken)).toEqual(['AWSPENDING'])
    // Of two runs that take it away, one alone has done it.
    expect(await store.moveLabel(id, 'CLAIM', { from: first })).toBe(true)
    expect(await store.moveLabel(id, 'CLAIM', { from: first })).toBe(false)
    expect((await labels()).get(first)).not.toContain('CLAIM')
    client.destroy()
  },
)
