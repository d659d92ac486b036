import { databaseContract } from '../../contract/database.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { mariadbServer } from '../../support/mysql.ts'
import { singleUser } from './secret-types.ts'

for (const series of ['10.5', '10.11', '11.8'] as const) {
  const server = await mariadbServer(series)
  const type = singleUser(server)
  await secretTypeContract(type, server.log, databaseContract(type))
}
