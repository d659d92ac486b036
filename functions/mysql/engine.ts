import { mysqlEngine } from '../../shared/mysql-protocol/engine.ts'
import { mysqlSession } from './session.ts'

export const mysql = mysqlEngine({
  name: 'mysql',
  engines: ['mysql', 'aurora-mysql'],
  // MySQL manual, "Grant Tables". AWS's function counts to 16 by default, the limit of MySQL 5.6.
  nameLimit: 32,
  // MySQL 9.7 refuses longer ones with caching_sha2_password and sha256_password (tried).
  passwordLimit: 256,
  session: mysqlSession,
})
