import { mysqlEngine } from '../../shared/mysql-protocol/engine.ts'
import { passwordLimit } from './password-limit.ts'
import { mysqlSession } from './session.ts'

export const mysql = mysqlEngine({
  name: 'mysql',
  engines: ['mysql', 'aurora-mysql'],
  // MySQL manual, "Grant Tables". AWS's function counts to 16 by default, the limit of MySQL 5.6.
  nameLimit: 32,
  passwordLimit,
  session: mysqlSession,
})
