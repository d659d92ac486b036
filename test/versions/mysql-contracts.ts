import { databaseContract } from '../contract/database.ts'
import { secretTypeContract } from '../contract/secret-type.ts'
import { isInNpmTest, type Suite, suites } from '../functions/databases/versions.ts'
import * as mariadb from '../functions/mariadb/secret-types.ts'
import * as mysql from '../functions/mysql/secret-types.ts'
import type { TestServer } from '../support/mysql.ts'

/**
 * Registers the contracts of all functions for the server's engine, MySQL or MariaDB.
 * @param version what runs on it in npm test is left out
 */
export async function contractsOn(server: TestServer, version: string): Promise<void> {
  for (const suite of suites) {
    if (isInNpmTest(server.engine, version, suite)) continue
    const type = typeOf(server, suite)
    await secretTypeContract(type, server.log, databaseContract(type, 'with a server'))
  }
}

function typeOf(server: TestServer, [strategy, variant]: Suite) {
  const { singleUser, dualPassword, alternatingUsers } = server.engine === 'mysql' ? mysql : mariadb
  if (strategy === 'singleUser') return singleUser(server)
  return strategy === 'dualPassword' ? dualPassword(server, variant) : alternatingUsers(server, variant)
}
