import type { TestServer } from '../../support/mysql.ts'
import { randomPassword } from '../../support/random.ts'
import { mysqlView } from '../databases/mysql-view.ts'

/** What a MySQL can tell of what was done to it, and what is done to it by hand. */
export function serverView(server: TestServer): ReturnType<typeof mysqlView> {
  return mysqlView(server, async (user, host) => {
    await server.query('ALTER USER ?@? IDENTIFIED BY ?', [user, host, randomPassword()])
    await server.query('ALTER USER ?@? DISCARD OLD PASSWORD', [user, host])
  })
}
