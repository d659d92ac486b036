import { stepCalls } from '../../contract/calls.ts'
import { mariadbServer } from '../../support/mysql.ts'
import { crashOnMysql } from '../databases/crash.ts'
import { singleUser } from './secret-types.ts'

const server = await mariadbServer('10.11')

await crashOnMysql(server, (at) => singleUser(server, at), stepCalls.MariadbSingleUser.usual)
