import type { Environment } from '../../shared/environment.ts'
import { mysqlEngine } from '../../shared/mysql-family/engine.ts'
import { passwordRules } from '../../shared/password.ts'
import { passwordFormat, passwordWriter } from './native-password.ts'
import { mariadbSession } from './session.ts'

/** @throws RotationError InvalidConfiguration */
export function mariadb(env: Environment) {
  const format = passwordFormat(env)
  return mysqlEngine(
    {
      name: 'mariadb',
      engines: ['mariadb'],
      // From MariaDB 10.6 on; older servers take 80 (MariaDB manual, "CREATE USER"; tried).
      nameLimit: 128,
      // All that PASSWORD_LENGTH allows (tried).
      passwordRules: passwordRules(env),
      session: (connection) => mariadbSession(connection, passwordWriter(format, connection.context)),
    },
    env,
  )
}
