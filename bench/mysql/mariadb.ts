import { startMariadb } from '../../local/servers/mariadb.ts'
import { nativeHash } from '../../shared/mysql-protocol/native-hash.ts'
import type { BenchDatabase } from '../database.ts'
import { benchServer } from './server.ts'

export const mariadb: BenchDatabase = {
  subjects: [
    { functionId: 'MariadbAlternatingUsers', alternates: true, superuser: 'beside' },
    { functionId: 'MariadbDualPassword', superuser: 'on demand' },
    { functionId: 'MariadbSingleUser' },
  ],
  async start() {
    const server = await startMariadb('11.8', { 'log-output': 'TABLE' })
    return benchServer(server, 'mariadb', ({ current, pending }) => ({
      currentHash: nativeHash(current.password),
      pendingHash: nativeHash(pending.password),
    }))
  },
}
