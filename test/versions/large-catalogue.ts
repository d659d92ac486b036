import { afterAll, describe, expect, it } from 'vitest'
import { suiteFor } from '../contract/suite.ts'
import { loginIn } from '../functions/databases/secret-string.ts'
import type * as mysql from '../functions/mysql/secret-types.ts'
import type { TestServer } from '../support/mysql.ts'

/** As many rows as that, without a statement for each; `n` is which. */
const numbers = (count: number) =>
  `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})`

const grants = {
  mysql: {
    count: 25_000,
    limit: 'cte_max_recursion_depth',
    insert: (
      user: string,
      count: number,
    ) => `INSERT INTO mysql.tables_priv (Host, Db, User, Table_name, Grantor, Table_priv)
      ${numbers(count)} SELECT '%', 'warehouse', '${user}', CONCAT('a_table_with_a_rather_long_name_', n), 'root@%', 'Select'
      FROM numbers`,
    held: 'SELECT COUNT(*) AS held FROM mysql.default_roles WHERE USER = ?',
    attempts: 1,
  },
  // Of which each is granted to the second user by a statement of its own.
  mariadb: {
    count: 3_000,
    limit: 'max_recursive_iterations',
    insert: (user: string, count: number) => `INSERT INTO mysql.db (Host, Db, User, Select_priv)
      ${numbers(count)} SELECT '%', CONCAT('tenant_', n), '${user}', 'Y' FROM numbers`,
    held: "SELECT COUNT(*) AS held FROM mysql.db WHERE User = ? AND Db LIKE 'tenant%'",
    attempts: 6,
  },
} as const

/** The case of an account with more grants than anybody reads. */
export function largeCatalogue(server: TestServer, type: ReturnType<typeof mysql.alternatingUsers>): void {
  const { count, limit, insert, held, attempts } = grants[server.engine]

  describe(`an account with ${count} grants, on ${server.label}`, { meta: { server: server.label } }, async () => {
    const suite = await suiteFor(type)
    afterAll(() => suite.secrets[Symbol.asyncDispose]())

    it(`is rotated in ${attempts === 1 ? 'one attempt' : 'attempts of which each goes on'}`, {
      timeout: 240_000,
    }, async () => {
      const target = await suite.stored()
      await using admin = await server.admin()
      await admin.query(`SET SESSION ${limit} = ${count}`)
      await admin.query(insert(loginIn(target.value).username, count))
      await admin.query('FLUSH PRIVILEGES')
      const rotation = await suite.secrets.begin(target.secretId)
      await rotation.run('createSecret')
      for (let attempt = 1, done = false; !done; attempt++) {
        const outcome = await rotation.attempt('setSecret')
        done = outcome.ok
        if (!outcome.ok) expect(outcome.error.errorType).toBe('TimedOut')
        expect(attempt).toBeLessThanOrEqual(attempts)
      }
      await rotation.run('testSecret', 'finishSecret')
      await rotation.end()
      const AWSCURRENT = await target.stagedValue('AWSCURRENT')
      expect(await target.works(AWSCURRENT)).toBe(true)
      const [row] = await server.query<{ held: string }>(held, [loginIn(AWSCURRENT).username])
      expect(Number(row?.held)).toBe(server.engine === 'mysql' ? 1 : count)
    })
  })
}
