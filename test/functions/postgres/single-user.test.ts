import { databaseContract } from '../../contract/database.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { postgresServer } from '../../support/postgres.ts'
import { singleUser } from './secret-types.ts'

for (const major of [18, 15] as const) {
  const server = await postgresServer(major)
  const type = singleUser(server)
  await secretTypeContract(type, server.log, databaseContract(type))
}
