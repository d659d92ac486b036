import { databaseContract } from '../../contract/database.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { postgresServer } from '../../support/postgres.ts'
import { casesOf, inNpmTest } from '../databases/versions.ts'
import { singleUser } from './secret-types.ts'

for (const [n, major] of inNpmTest.postgres.singleUser.entries()) {
  const server = await postgresServer(major)
  const type = singleUser(server)
  await secretTypeContract(type, server.log, databaseContract(type, casesOf(n)))
}
