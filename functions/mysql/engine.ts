import type { Environment } from '../../shared/environment.ts'
import { mysqlEngine } from '../../shared/mysql-family/engine.ts'
import { generatePassword, passwordRules } from '../../shared/password.ts'
import { passwordLimit } from './password-limit.ts'
import { mysqlSession } from './session.ts'

/** @throws RotationError InvalidConfiguration */
export function mysql(env: Environment) {
  const rules = passwordRules(env, passwordLimit)
  return mysqlEngine(
    {
      name: 'mysql',
      engines: ['mysql', 'aurora-mysql'],
      // MySQL manual, "Grant Tables". AWS's function counts to 16 by default, the limit of MySQL 5.6.
      nameLimit: 32,
      passwordRules: rules,
      session: (connection) => mysqlSession(connection, () => generatePassword(rules, connection.context)),
    },
    env,
  )
}
