import { afterAll, describe } from 'vitest'
import { databaseContract } from '../contract/database.ts'
import { secretTypeContract } from '../contract/secret-type.ts'
import { furtherServers, isInNpmTest, servers, suites } from '../functions/databases/versions.ts'
import { alternatingUsers, singleUser } from '../functions/postgres/secret-types.ts'
import { whyNoMaven } from '../support/maven.ts'
import { postgresServer, type TestServer } from '../support/postgres.ts'
import { olderPostgres } from './postgres-servers.ts'

/** But for what runs on that version in npm test. */
async function contractsOn(server: TestServer, version: string | number): Promise<void> {
  for (const suite of suites) {
    const [strategy, variant] = suite
    if (strategy === 'dualPassword' || isInNpmTest('postgres', version, suite)) continue
    const type = strategy === 'singleUser' ? singleUser(server) : alternatingUsers(server, variant)
    // Before version 12 the log of a login does not say whose it is.
    await secretTypeContract(type, server.log, server.major < 12 ? undefined : databaseContract(type, 'with a server'))
  }
}

for (const major of servers.postgres) await contractsOn(await postgresServer(major), major)

const why = await whyNoMaven()
if (why !== undefined) describe.skip(`NOT TESTED: ${why}`, () => undefined)
for (const version of why === undefined ? furtherServers.postgres : []) {
  const server = await olderPostgres(version)
  await contractsOn(server, version)
  afterAll(() => server[Symbol.asyncDispose]())
}
