import { mysqlServer } from '../../support/mysql.ts'
import { crashThroughProxy } from './crash.ts'
import { dualPassword } from './secret-types.ts'

const server = await mysqlServer()

await crashThroughProxy(server, (at) => dualPassword(server, 'itself', at), {
  createSecret: 4,
  setSecret: 11,
  testSecret: 5,
  finishSecret: 2,
})
await crashThroughProxy(server, (at) => dualPassword(server, 'a superuser', at), { setSecret: 16 })
