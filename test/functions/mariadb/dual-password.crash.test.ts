import { stepCalls } from '../../contract/calls.ts'
import { mariadbServer } from '../../support/mysql.ts'
import { crashOnMysql } from '../databases/crash.ts'
import { dualPassword } from './secret-types.ts'

const server = await mariadbServer('10.5')

await crashOnMysql(server, (at) => dualPassword(server, 'a superuser', at), stepCalls.MariadbDualPassword.usual)
