import { mariadbServer } from '../../support/mysql.ts'
import { crashOnMysql } from '../databases/crash.ts'
import { singleUser } from './secret-types.ts'

const server = await mariadbServer('10.11')

await crashOnMysql(server, (at) => singleUser(server, at), {
  createSecret: 4,
  setSecret: 8,
  testSecret: 5,
  finishSecret: 2,
})
