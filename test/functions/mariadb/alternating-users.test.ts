import { databaseContract } from '../../contract/database.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { mariadbServer } from '../../support/mysql.ts'
import { casesOf, inNpmTest } from '../databases/versions.ts'
import { alternatingUsers } from './secret-types.ts'

for (const [n, [series, clone]] of inNpmTest.mariadb.alternatingUsers.entries()) {
  const server = await mariadbServer(series)
  const type = alternatingUsers(server, clone)
  await secretTypeContract(type, server.log, databaseContract(type, casesOf(n)))
}
