import { mysqlServer } from '../../support/mysql.ts'
import { crashOnMysql } from '../databases/crash.ts'
import { singleUser } from './secret-types.ts'

const server = await mysqlServer()

await crashOnMysql(server, (at) => singleUser(server, at), {
  createSecret: 4,
  setSecret: 9,
  testSecret: 5,
  finishSecret: 2,
})
