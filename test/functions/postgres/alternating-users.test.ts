import { databaseContract } from '../../contract/database.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { postgresServer } from '../../support/postgres.ts'
import { alternatingUsers } from './secret-types.ts'

for (const major of [18, 15] as const) {
  const server = await postgresServer(major)
  for (const clone of ['missing', 'existing'] as const) {
    const type = alternatingUsers(server, clone)
    await secretTypeContract(type, server.log, databaseContract(type))
  }
}
