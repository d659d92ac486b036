import type { TestServer } from '../../support/mysql.ts'
import { randomPassword } from '../../support/random.ts'
import { mysqlView } from '../databases/mysql-view.ts'

/** What a MariaDB can tell of what was done to it, and what is done to it by hand. */
export function serverView(server: TestServer): ReturnType<typeof mysqlView> {
  return mysqlView(server, (user, host) =>
    server.query('ALTER USER ?@? IDENTIFIED BY ?', [user, host, randomPassword()]),
  )
}
