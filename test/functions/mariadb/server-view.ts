import type { TestServer } from '../../support/mysql.ts'
import { randomPassword } from '../../support/random.ts'
import { mysqlView } from '../databases/mysql-view.ts'

/** How tests see what was done to a MariaDB, and change it by hand. */
export function serverView(server: TestServer): ReturnType<typeof mysqlView> {
  return mysqlView(server, (user, host) =>
    server.query('ALTER USER ?@? IDENTIFIED BY ?', [user, host, randomPassword()]),
  )
}
