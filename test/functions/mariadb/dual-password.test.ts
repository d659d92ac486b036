import { databaseContract } from '../../contract/database.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { mariadbServer } from '../../support/mysql.ts'
import { dualPassword } from './secret-types.ts'

for (const [series, by] of [
  ['10.5', 'a superuser'],
  ['10.11', 'itself'],
  ['11.8', 'a superuser'],
] as const) {
  const server = await mariadbServer(series)
  const type = dualPassword(server, by)
  await secretTypeContract(type, server.log, databaseContract(type))
}
