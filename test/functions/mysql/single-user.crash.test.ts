import { mysqlServer } from '../../support/mysql.ts'
import { crashThroughProxy } from './crash.ts'
import { singleUser } from './secret-types.ts'

const server = await mysqlServer()

await crashThroughProxy(server, (at) => singleUser(server, at), {
  createSecret: 4,
  setSecret: 7,
  testSecret: 5,
  finishSecret: 2,
})
