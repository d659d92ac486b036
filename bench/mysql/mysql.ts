import { startMysql } from '../../local/servers/mysql.ts'
import type { BenchDatabase } from '../database.ts'
import { benchServer } from './server.ts'

export const mysql: BenchDatabase = {
  subjects: [
    { functionId: 'MysqlAlternatingUsers', alternates: true, superuser: 'beside' },
    // With this privilege an account adds a password by itself; without it the superuser's secret is asked for.
    { functionId: 'MysqlDualPassword', grants: ['GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO'] },
    { functionId: 'MysqlSingleUser' },
  ],
  async start() {
    // log-raw: else MySQL leaves the passwords out of its log.
    return benchServer(await startMysql({ 'log-output': 'TABLE', 'log-raw': 'ON' }), 'mysql', () => ({}))
  },
}
