import { databaseContract } from '../../contract/database.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { mariadbServer } from '../../support/mysql.ts'
import { alternatingUsers } from './secret-types.ts'

for (const [series, clone] of [
  ['10.5', 'missing'],
  ['10.11', 'existing'],
  ['11.8', 'missing'],
] as const) {
  const server = await mariadbServer(series)
  const type = alternatingUsers(server, clone)
  await secretTypeContract(type, server.log, databaseContract(type))
}
