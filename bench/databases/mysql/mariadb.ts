import { startMariadb } from '../../../local/servers/mariadb.ts'
import { nativeHash } from '../../../shared/mysql-family/native-hash.ts'
import type { BenchTarget } from '../../target.ts'
import { benchServer } from './server.ts'

export const mariadb: BenchTarget = {
  async start() {
    const server = await startMariadb('11.8', { 'log-output': 'TABLE' })
    return benchServer(server, 'mariadb', {
      derived: ({ current, pending }) => ({
        currentHash: nativeHash(current.password),
        pendingHash: nativeHash(pending.password),
      }),
    })
  },
}
