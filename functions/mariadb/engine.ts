import { mysqlEngine } from '../../shared/mysql-protocol/engine.ts'
import { mariadbSession } from './session.ts'

export const mariadb = mysqlEngine({
  name: 'mariadb',
  engines: ['mariadb'],
  // From MariaDB 10.6 on; older servers take 80 (MariaDB manual, "CREATE USER"; tried).
  nameLimit: 128,
  // All that PASSWORD_LENGTH allows (tried).
  passwordLimit: 4096,
  session: mariadbSession,
})
