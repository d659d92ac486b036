import { databaseContract } from '../../contract/database.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { mysqlServer } from '../../support/mysql.ts'
import { dualPassword } from './secret-types.ts'

const server = await mysqlServer()

for (const by of ['itself', 'a superuser'] as const) {
  const type = dualPassword(server, by)
  await secretTypeContract(type, server.log, databaseContract(type))
}
