import { databaseContract } from '../../contract/database.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { mysqlServer } from '../../support/mysql.ts'
import { alternatingUsers } from './secret-types.ts'

const server = await mysqlServer()

for (const clone of ['missing', 'existing'] as const) {
  const type = alternatingUsers(server, clone)
  await secretTypeContract(type, server.log, databaseContract(type))
}
