import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { postgresDriver } from '../../examples/application/postgres.ts'
import { startPostgres } from '../servers/postgres.ts'
import { databaseClient, demonstrationsOn } from './databases.ts'
import type { DemoTarget } from './target.ts'

/** PostgreSQL from npm, with TLS and a certificate of its own, and the demonstrations on it. */
export async function startPostgresDemo(): Promise<DemoTarget> {
  const server = await startPostgres(18, { log_connections: 'on' })
  const { host, port, superuser, ca } = server
  const admin = new Client({ host, port, ...superuser, user: superuser.username, database: 'postgres', ssl: { ca } })
  admin.on('error', () => undefined)
  await admin.connect()
  const demonstrations = await demonstrationsOn({
    engine: 'postgres',
    host,
    port,
    dbname: 'postgres',
    superuser,
    async createLogin({ username, password }) {
      await admin.query(`CREATE ROLE ${username} LOGIN PASSWORD '${password}'`)
    },
  })

  return {
    title: `PostgreSQL ${server.version}`,
    env: { DATABASE_CA_BUNDLE: ca },
    demonstrations,
    client: databaseClient(postgresDriver({ ca, pool: { max: 1, maxUses: 1, application_name: 'application' } })),
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
