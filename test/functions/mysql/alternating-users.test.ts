import { databaseContract } from '../../contract/database.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { mysqlServer } from '../../support/mysql.ts'
import { casesOf, inNpmTest } from '../databases/versions.ts'
import { alternatingUsers } from './secret-types.ts'

const server = await mysqlServer()

for (const [n, [, clone]] of inNpmTest.mysql.alternatingUsers.entries()) {
  const type = alternatingUsers(server, clone)
  await secretTypeContract(type, server.log, databaseContract(type, casesOf(n)))
}
