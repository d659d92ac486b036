import { afterAll, describe } from 'vitest'
import { databaseContract } from '../contract/database.ts'
import { secretTypeContract } from '../contract/secret-type.ts'
import { alternatingUsers, singleUser } from '../functions/postgres/secret-types.ts'
import { whyNoMaven } from '../support/maven.ts'
import { olderPostgres } from './postgres-servers.ts'

const why = await whyNoMaven()
if (why !== undefined) describe.skip(`NOT TESTED: ${why}`, () => undefined)

for (const version of why === undefined ? (['10.23.0', '13.23.0', '14.24.0', '16.15.0', '17.11.0'] as const) : []) {
  const server = await olderPostgres(version)
  for (const type of [singleUser(server), alternatingUsers(server, 'missing'), alternatingUsers(server, 'existing')]) {
    // Before version 12 the log of a login does not say whose it is.
    await secretTypeContract(type, server.log, server.major < 12 ? undefined : databaseContract(type))
  }
  afterAll(() => server[Symbol.asyncDispose]())
}
