import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { CreateSecretCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { Client } from 'pg'
import { postgresDriver } from '../../examples/application/postgres.ts'
import { startPostgres } from '../servers/postgres.ts'
import type { Demonstration, DemoServer } from './database.ts'

/** PostgreSQL from npm, with TLS and a certificate of its own, and the demonstrations on it. */
export async function startPostgresDemo(): Promise<DemoServer> {
  const server = await startPostgres(18, { log_connections: 'on' })
  const { host, port, superuser, ca } = server
  const connect = async (user: string, password: string) => {
    const client = new Client({
      host,
      port,
      user,
      password,
      database: 'postgres',
      ssl: { ca },
      application_name: 'demo',
    })
    client.on('error', () => undefined)
    await client.connect()
    return client
  }
  const admin = await connect(superuser.username, superuser.password)

  async function prepareLogin(
    secretsManager: SecretsManagerClient,
    name: string,
    username: string,
    masterarn?: string,
  ) {
    const password = randomBytes(12).toString('hex')
    await admin.query(`CREATE ROLE ${username} LOGIN PASSWORD '${password}'`)
    const secret = {
      engine: 'postgres',
      host,
      port,
      dbname: 'postgres',
      username,
      password,
      ...(masterarn && { masterarn }),
    }
    await secretsManager.send(new CreateSecretCommand({ Name: name, SecretString: JSON.stringify(secret) }))
  }

  const singleUser: Demonstration = {
    functionId: 'PostgresSingleUser',
    summary: 'the login changes its own password',
    secretName: 'demo/postgres/single-user',
    overlap: false,
    expectedLogins: 2,
    expectedCalls: 11,
    prepare: (secretsManager) => prepareLogin(secretsManager, 'demo/postgres/single-user', 'app_single'),
  }
  const alternatingUsers: Demonstration = {
    functionId: 'PostgresAlternatingUsers',
    summary: 'two logins with the same rights take turns',
    secretName: 'demo/postgres/alternating-users',
    overlap: true,
    expectedLogins: 3,
    expectedCalls: 12,
    async prepare(secretsManager) {
      const SecretString = JSON.stringify({ engine: 'postgres', host, port, ...superuser })
      const { ARN } = await secretsManager.send(
        new CreateSecretCommand({ Name: 'demo/postgres/superuser', SecretString }),
      )
      await prepareLogin(secretsManager, 'demo/postgres/alternating-users', 'app_alternating', ARN)
    },
  }

  return {
    title: `PostgreSQL ${server.version}`,
    ca,
    demonstrations: [singleUser, alternatingUsers],
    driver: postgresDriver({ ca, pool: { max: 1, maxUses: 1, application_name: 'application' } }),
    mark: () => server.log().length,
    async loginsSince(mark) {
      await sleep(100) // the server's log arrives through a pipe
      const log = server.log().slice(mark)
      return {
        byFunctions: log.match(/connection authorized: .* application_name=keyturn/g)?.length ?? 0,
        refused: log.match(/FATAL: {2}password authentication failed/g)?.length ?? 0,
      }
    },
    async [Symbol.asyncDispose]() {
      await admin.end()
      await server[Symbol.asyncDispose]()
    },
  }
}
