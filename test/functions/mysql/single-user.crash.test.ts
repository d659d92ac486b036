import { stepCalls } from '../../contract/calls.ts'
import { mysqlServer } from '../../support/mysql.ts'
import { crashOnMysql } from '../databases/crash.ts'
import { singleUser } from './secret-types.ts'

const server = await mysqlServer()

await crashOnMysql(server, (at) => singleUser(server, at), stepCalls.MysqlSingleUser.usual)
