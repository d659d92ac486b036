import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startLocalSecretsManager } from '../../local/secrets-manager/start.ts'
import { type PostgresServer, startPostgres } from '../../local/servers/postgres.ts'
import { unpacked } from './unpacked.ts'

/**
 * Rotates a secret with the code of a zip and nothing else: Node loads it from a folder without packages, as Lambda does.
 * @returns the value before and after
 */
async function rotated(id: string, value: object): Promise<readonly [string, string]> {
  await using zip = await unpacked(id)
  const [bundle = ''] = readdirSync(zip.folder).filter((name) => name.endsWith('.cjs'))
  const settings = { module: join(zip.folder, bundle), runIn: 'process' } as const
  await using local = await startLocalSecretsManager({ functions: { [id]: settings }, retryDelaysMs: [] })
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const client = new SecretsManagerClient({ endpoint: local.endpoint, region: 'us-east-1', credentials })
  const before = JSON.stringify(value)
  const { ARN: SecretId } = await client.send(new CreateSecretCommand({ Name: 'delivered', SecretString: before }))
  const RotationRules = { AutomaticallyAfterDays: 30 }
  const RotationLambdaARN = local.functions[id]
  await client.send(new RotateSecretCommand({ SecretId, RotationLambdaARN, RotationRules }))
  await local.settled()
  const failed = local.events.list().filter(({ detail }) => detail.eventName === 'RotationFailed')
  expect(failed.map(({ detail }) => detail)).toEqual([])
  const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId }))
  return [before, SecretString]
}

describe('a zip alone rotates', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres(18)
  })
  afterAll(() => server?.[Symbol.asyncDispose]())

  async function login(user: string, password: string, sql = 'SELECT 1'): Promise<string> {
    const client = new Client({
      host: server.host,
      port: server.port,
      database: 'postgres',
      user,
      password,
      ssl: false,
    })
    try {
      await client.connect()
      await client.query(sql)
      return 'in'
    } catch (error) {
      return String((error as { code?: unknown }).code)
    } finally {
      await client.end().catch(() => undefined)
    }
  }

  it('a generated value', async () => {
    const [before, after] = await rotated('GeneratedValue', { username: 'app', password: 'of today' })
    expect(JSON.parse(after)).toEqual({ ...JSON.parse(before), password: expect.stringMatching(/^.{32}$/) })
  })

  it('a login of PostgreSQL', async () => {
    const { username, password } = server.superuser
    await login(username, password, "CREATE ROLE app LOGIN PASSWORD 'of today'")
    const { host, port } = server
    const about = {
      engine: 'postgres',
      host,
      port,
      dbname: 'postgres',
      username: 'app',
      password: 'of today',
      ssl: false,
    }
    const [, after] = await rotated('PostgresSingleUser', about)
    const value = JSON.parse(after)
    expect(value).toEqual({ ...about, password: expect.stringMatching(/^.{32}$/) })
    expect([await login('app', 'of today'), await login('app', value.password)]).toEqual(['28P01', 'in'])
  })
})
