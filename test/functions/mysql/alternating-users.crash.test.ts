import { stepCalls } from '../../contract/calls.ts'
import { mysqlServer } from '../../support/mysql.ts'
import { crashOnMysql } from '../databases/crash.ts'
import { alternatingUsers } from './secret-types.ts'

const server = await mysqlServer()

await crashOnMysql(server, (at) => alternatingUsers(server, 'missing', at), stepCalls.MysqlAlternatingUsers.usual)
await crashOnMysql(
  server,
  (at) => alternatingUsers(server, 'existing', at),
  stepCalls.MysqlAlternatingUsers.existingClone,
)
