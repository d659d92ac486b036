import { databaseContract } from '../contract/database.ts'
import { secretTypeContract } from '../contract/secret-type.ts'
import { inNpmTest } from '../functions/databases/versions.ts'
import * as mariadb from '../functions/mariadb/secret-types.ts'
import * as mysql from '../functions/mysql/secret-types.ts'
import type { TestServer } from '../support/mysql.ts'

/**
 * Registers the contracts of all functions for MySQL or MariaDB, whichever the server is.
 * @param series where the server is one of `npm test`: what runs there is left out
 */
export async function contractsOn(server: TestServer, series?: string): Promise<void> {
  const { singleUser, dualPassword, alternatingUsers } = server.engine === 'mysql' ? mysql : mariadb
  const elsewhere = inNpmTest[server.engine]
  const runs = (pairs: readonly (readonly [string, string])[], variant: string) =>
    pairs.some(([version, other]) => version === series && other === variant)
  const types = [
    ...(elsewhere.singleUser.some((version) => version === series) ? [] : [singleUser(server)]),
    ...(['itself', 'a superuser'] as const)
      .filter((by) => !runs(elsewhere.dualPassword, by))
      .map((by) => dualPassword(server, by)),
    ...(['missing', 'existing'] as const)
      .filter((clone) => !runs(elsewhere.alternatingUsers, clone))
      .map((clone) => alternatingUsers(server, clone)),
  ]
  for (const type of types) await secretTypeContract(type, server.log, databaseContract(type, 'with a server'))
}
