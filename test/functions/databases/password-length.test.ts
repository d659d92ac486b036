import { afterAll, describe, expect, it } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { mariadbServer, mysqlServer } from '../../support/mysql.ts'
import { postgresServer } from '../../support/postgres.ts'
import * as mariadb from '../mariadb/secret-types.ts'
import * as mysql from '../mysql/secret-types.ts'
import * as postgres from '../postgres/secret-types.ts'
import { loginIn } from './secret-string.ts'
import { withEnv } from './tls-cases.ts'

const [onMysql, onMariadb, onPostgres] = await Promise.all([mysqlServer(), mariadbServer('11.8'), postgresServer(18)])
const limits = [
  { limit: 256, type: mysql.singleUser(onMysql) },
  { limit: 256, type: mysql.dualPassword(onMysql, 'itself') },
  { limit: 256, type: mysql.alternatingUsers(onMysql, 'missing') },
  { limit: 4096, type: mariadb.singleUser(onMariadb) },
  { limit: 4096, type: mariadb.dualPassword(onMariadb, 'itself') },
  { limit: 4096, type: mariadb.alternatingUsers(onMariadb, 'missing') },
  { limit: 4096, type: postgres.singleUser(onPostgres) },
  { limit: 4096, type: postgres.alternatingUsers(onPostgres, 'missing') },
]

describe.each(limits)(
  'the longest password of $type.title',
  { meta: { server: 'MySQL, MariaDB, PostgreSQL' } },
  ({ type, limit }) => {
    const suites: Awaited<ReturnType<typeof suiteFor>>[] = []
    const suiteOf = async (length: number) => {
      const suite = await suiteFor(withEnv(type, { ...type.function.env, PASSWORD_LENGTH: String(length) }))
      suites.push(suite)
      return suite
    }
    afterAll(() => Promise.all(suites.map(({ secrets }) => secrets[Symbol.asyncDispose]())))

    it('logs in', async () => {
      const suite = await suiteOf(limit)
      const target = await suite.stored()
      for (let round = 0; round < 2; round++) await suite.secrets.rotate(target.secretId)
      const AWSCURRENT = await target.stagedValue('AWSCURRENT')
      expect(loginIn(AWSCURRENT).password).toHaveLength(limit)
      expect(await target.works(AWSCURRENT)).toBe(true)
    })

    it('is the longest that PASSWORD_LENGTH may ask for', async () => {
      const suite = await suiteOf(limit + 1)
      const error = await expectFailure(suite, await suite.stored(), {
        code: 'InvalidConfiguration',
        step: 'createSecret',
      })
      expect(error.errorMessage).toContain(`PASSWORD_LENGTH must be a whole number from 8 to ${limit}.`)
    })
  },
)
