import { afterAll, describe, it } from 'vitest'
import { databaseContract } from '../contract/database.ts'
import { secretTypeContract } from '../contract/secret-type.ts'
import { suiteFor } from '../contract/suite.ts'
import { furtherServers, isInNpmTest, servers, suites } from '../functions/databases/versions.ts'
import { expectOwnRightsGoOver } from '../functions/postgres/own-rights.ts'
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

/** The query of docs/from-aws-functions.md, which is for version 11 and later. */
function ownRightsOn(server: TestServer): void {
  it(`the rights of a second login go to the first without a loss, on ${server.label}`, async () => {
    const suite = await suiteFor(alternatingUsers(server, 'missing'))
    await using _ = suite.secrets
    await expectOwnRightsGoOver(server, suite)
  })
}

for (const major of servers.postgres) {
  const server = await postgresServer(major)
  await contractsOn(server, major)
  if (major < 18) ownRightsOn(server)
}

const why = await whyNoMaven()
if (why !== undefined) describe.skip(`NOT TESTED: ${why}`, () => undefined)
for (const version of why === undefined ? furtherServers.postgres : []) {
  const server = await olderPostgres(version)
  await contractsOn(server, version)
  if (server.major >= 11) ownRightsOn(server)
  afterAll(() => server[Symbol.asyncDispose]())
}
