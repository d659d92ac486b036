import { startMariadb } from '../servers/mariadb.ts'
import { createMysqlLogin } from './mysql-login.ts'
import { throwAwayServer } from './throw-away-server.ts'

await throwAwayServer({
  title: 'MariaDB',
  engine: 'mariadb',
  dbname: 'app',
  // Nobody answers for the names of containers' addresses.
  start: (addresses) => startMariadb('11.8', { 'bind-address': addresses.join(','), 'skip-name-resolve': 'ON' }),
  createLogin: (server, host, login) => createMysqlLogin(server, host, login),
})
