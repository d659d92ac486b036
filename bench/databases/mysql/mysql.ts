import { startMysql } from '../../../local/servers/mysql.ts'
import type { BenchTarget } from '../../target.ts'
import { benchServer } from './server.ts'

export const mysql: BenchTarget = {
  async start() {
    // log-raw: else MySQL leaves the passwords out of its log.
    return benchServer(await startMysql({ 'log-output': 'TABLE', 'log-raw': 'ON' }), 'mysql', {
      // With this privilege an account adds a password by itself; without it the superuser's secret is asked for.
      strategies: { 'dual-password': { grants: ['GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO'] } },
    })
  },
}
