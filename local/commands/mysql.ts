import { startMysql } from '../servers/mysql.ts'
import { createMysqlLogin } from './mysql-login.ts'
import { throwAwayServer } from './throw-away-server.ts'

await throwAwayServer({
  title: 'MySQL',
  engine: 'mysql',
  dbname: 'app',
  // Nobody answers for the names of containers' addresses.
  start: (addresses) => startMysql({ 'bind-address': addresses.join(','), 'skip-name-resolve': 'ON' }),
  // With it, a login may hold two passwords and change them by itself.
  createLogin: (server, host, login) => createMysqlLogin(server, host, login, 'APPLICATION_PASSWORD_ADMIN'),
})
