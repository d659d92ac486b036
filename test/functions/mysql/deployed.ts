import { mysqlServer } from '../../support/mysql.ts'
import { alternatingUsers, dualPassword, singleUser } from './secret-types.ts'

const server = await mysqlServer()

/** One for each function: what it rotates when it is deployed. */
export const deployed = [singleUser(server), dualPassword(server, 'a superuser'), alternatingUsers(server, 'missing')]
