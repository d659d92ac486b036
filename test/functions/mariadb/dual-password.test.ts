import { databaseContract } from '../../contract/database.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { mariadbServer } from '../../support/mysql.ts'
import { casesOf, inNpmTest } from '../databases/versions.ts'
import { dualPassword } from './secret-types.ts'

for (const [n, [series, by]] of inNpmTest.mariadb.dualPassword.entries()) {
  const server = await mariadbServer(series)
  const type = dualPassword(server, by)
  await secretTypeContract(type, server.log, databaseContract(type, casesOf(n)))
}
