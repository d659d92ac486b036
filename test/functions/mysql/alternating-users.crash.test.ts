import { mysqlServer } from '../../support/mysql.ts'
import { crashOnMysql } from '../databases/crash.ts'
import { alternatingUsers } from './secret-types.ts'

const server = await mysqlServer()

await crashOnMysql(server, (at) => alternatingUsers(server, 'missing', at), {
  createSecret: 4,
  setSecret: 22,
  testSecret: 6,
  finishSecret: 2,
})
await crashOnMysql(server, (at) => alternatingUsers(server, 'existing', at), { setSecret: 18 })
