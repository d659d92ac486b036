import { mysqlServer } from '../../support/mysql.ts'
import { crashOnMysql } from '../databases/crash.ts'
import { dualPassword } from './secret-types.ts'

const server = await mysqlServer()

await crashOnMysql(server, (at) => dualPassword(server, 'itself', at), {
  createSecret: 4,
  setSecret: 10,
  testSecret: 5,
  finishSecret: 2,
})
await crashOnMysql(server, (at) => dualPassword(server, 'a superuser', at), { setSecret: 16 })
