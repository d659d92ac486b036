import { afterAll, describe } from 'vitest'
import { databaseContract } from '../contract/database.ts'
import { secretTypeContract } from '../contract/secret-type.ts'
import { furtherVersions } from '../functions/databases/versions.ts'
import { alternatingUsers, singleUser } from '../functions/postgres/secret-types.ts'
import { whyNoMaven } from '../support/maven.ts'
import { postgresServer } from '../support/postgres.ts'
import { olderPostgres } from './postgres-servers.ts'

// What npm test leaves out on its own.
const older = await postgresServer(15)
const left = alternatingUsers(older, 'existing')
await secretTypeContract(left, older.log, databaseContract(left, 'with a server'))

const why = await whyNoMaven()
if (why !== undefined) describe.skip(`NOT TESTED: ${why}`, () => undefined)
for (const version of why === undefined ? furtherVersions.postgres : []) {
  const server = await olderPostgres(version)
  for (const type of [singleUser(server), alternatingUsers(server, 'missing'), alternatingUsers(server, 'existing')]) {
    // Before version 12 the log of a login does not say whose it is.
    const more = server.major < 12 ? undefined : databaseContract(type, 'with a server')
    await secretTypeContract(type, server.log, more)
  }
  afterAll(() => server[Symbol.asyncDispose]())
}
