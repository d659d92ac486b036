import { databaseContract } from '../../contract/database.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { mysqlServer } from '../../support/mysql.ts'
import { singleUser } from './secret-types.ts'

const server = await mysqlServer()
const type = singleUser(server)
await secretTypeContract(type, server.log, databaseContract(type))
