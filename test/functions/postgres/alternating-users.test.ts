import { databaseContract } from '../../contract/database.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { postgresServer } from '../../support/postgres.ts'
import { casesOf, inNpmTest } from '../databases/versions.ts'
import { alternatingUsers } from './secret-types.ts'

for (const [n, [major, clone]] of inNpmTest.postgres.alternatingUsers.entries()) {
  const server = await postgresServer(major)
  const type = alternatingUsers(server, clone)
  await secretTypeContract(type, server.log, databaseContract(type, casesOf(n)))
}
