import { mysqlServer } from '../../support/mysql.ts'
import { crashThroughProxy } from './crash.ts'
import { alternatingUsers } from './secret-types.ts'

const server = await mysqlServer()

await crashThroughProxy(server, (at) => alternatingUsers(server, 'missing', at), {
  createSecret: 4,
  setSecret: 23,
  testSecret: 6,
  finishSecret: 2,
})
await crashThroughProxy(server, (at) => alternatingUsers(server, 'existing', at), { setSecret: 19 })
