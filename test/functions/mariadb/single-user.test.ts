import { databaseContract } from '../../contract/database.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { mariadbServer } from '../../support/mysql.ts'
import { casesOf, inNpmTest } from '../databases/versions.ts'
import { singleUser } from './secret-types.ts'

for (const [n, series] of inNpmTest.mariadb.singleUser.entries()) {
  const server = await mariadbServer(series)
  const type = singleUser(server)
  await secretTypeContract(type, server.log, databaseContract(type, casesOf(n)))
}
