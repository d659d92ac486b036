import { say } from '../errors/words.ts'
import type { RotationContext } from '../rotation/context.ts'
import type { SecretType } from '../rotation/secret-type.ts'
import { checkPending, oneLogin } from './database-secret-type.ts'
import type { DatabaseEngine, DatabaseSession } from './engine.ts'
import { nobodyLogsIn, previousLogin, tryLogin } from './logins.ts'
import { probeDatabase } from './probe.ts'
import type { DatabaseSecret, Login } from './secret.ts'

/**
 * One login changes its own password. Sessions go on; new logins with the old password fail from setSecret until the
 * application reads the secret again.
 */
export function singleUser(engine: DatabaseEngine): SecretType<DatabaseSecret> {
  return {
    ...oneLogin(engine),
    overlap: false,
    async set(versions, context) {
      const [pending, current] = [versions.pending.login, (await versions.current()).login]
      checkPending(pending, current, current.username)
      await using session = await tryLogin(engine, current, 'AWSCURRENT', context)
      if (session !== undefined) return await change(session, pending, context)
      // Refused, the likeliest reason is that an earlier run has set the new password: then little or nothing is left to do.
      await using pendingSession = await tryLogin(engine, pending, 'AWSPENDING', context)
      if (pendingSession !== undefined) return await pendingSession.settle?.()
      const previous = engine.neverLocks && (await previousLogin(versions, current.username))
      await using previousSession = previous && (await tryLogin(engine, previous.login, 'AWSPREVIOUS', context))
      if (previousSession !== undefined) return await change(previousSession, pending, context)
      const tried = previous === undefined ? 'AWSCURRENT or AWSPENDING' : 'AWSCURRENT, AWSPENDING or AWSPREVIOUS'
      throw nobodyLogsIn(tried, current, engine)
    },
    probe: (versions, context) => probeDatabase(versions, engine, { change: () => ({ kind: 'password' }) }, context),
  }
}

async function change(session: DatabaseSession, { username, password }: Login, context: RotationContext) {
  await session.setPassword(password)
  context.did(say`set the password of ${session.account ?? username}`)
}
