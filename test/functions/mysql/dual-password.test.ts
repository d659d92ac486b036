import { databaseContract } from '../../contract/database.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { mysqlServer } from '../../support/mysql.ts'
import { casesOf, inNpmTest } from '../databases/versions.ts'
import { dualPassword } from './secret-types.ts'

const server = await mysqlServer()

for (const [n, [, by]] of inNpmTest.mysql.dualPassword.entries()) {
  const type = dualPassword(server, by)
  await secretTypeContract(type, server.log, databaseContract(type, casesOf(n)))
}
