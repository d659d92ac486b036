import { mariadbServer } from '../../support/mysql.ts'
import { crashOnMysql } from '../databases/crash.ts'
import { dualPassword } from './secret-types.ts'

const server = await mariadbServer('10.5')
const newer = await mariadbServer('11.8')

await crashOnMysql(server, (at) => dualPassword(server, 'a superuser', at), {
  createSecret: 4,
  setSecret: 16,
  testSecret: 5,
  finishSecret: 2,
})
await crashOnMysql(newer, (at) => dualPassword(newer, 'itself', at), { setSecret: 12 })
