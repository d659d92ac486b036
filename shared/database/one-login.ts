import type { RotationContext } from '../rotation/context.ts'
import type { Versions } from '../rotation/secret-type.ts'
import { databaseSecretType, nextSecret } from './database-secret-type.ts'
import type { DatabaseEngine } from './engine.ts'
import { logsIn, nobodyLogsIn } from './logins.ts'
import type { DatabaseSecret } from './secret.ts'

/** What strategies share whose user name stays the same: the next value, and the proof that it logs in. */
export function oneLogin(engine: DatabaseEngine) {
  return {
    ...databaseSecretType(engine),
    async create({ current }: Pick<Versions<DatabaseSecret>, 'current'>, context: RotationContext) {
      const secret = await current()
      return nextSecret(secret, secret.login.username, engine, context)
    },
    async test({ pending: { login } }: Pick<Versions<DatabaseSecret>, 'pending'>, context: RotationContext) {
      if (!(await logsIn(engine, login, 'AWSPENDING', context))) throw nobodyLogsIn('AWSPENDING', login, engine)
    },
  }
}
