import { stepCalls } from '../../contract/calls.ts'
import { mysqlServer } from '../../support/mysql.ts'
import { crashOnMysql } from '../databases/crash.ts'
import { dualPassword } from './secret-types.ts'

const server = await mysqlServer()

await crashOnMysql(server, (at) => dualPassword(server, 'itself', at), stepCalls.MysqlDualPassword.usual)
await crashOnMysql(server, (at) => dualPassword(server, 'a superuser', at), stepCalls.MysqlDualPassword.bySuperuser)
