import { say } from '../errors/words.ts'
import type { SecretType } from '../rotation/secret-type.ts'
import { checkPending, oneLogin } from './database-secret-type.ts'
import type { DatabaseEngine, DualPasswordSession } from './engine.ts'
import { logsIn, nobodyLogsIn, tryLogin } from './logins.ts'
import { probeDatabase } from './probe.ts'
import { awaitReplica } from './replica.ts'
import type { DatabaseSecret, Owner } from './secret.ts'
import type { ServerDirectory } from './server-directory.ts'
import { probedSuperuser, superuserForOwner, superuserSession } from './superuser.ts'

/**
 * One login has two passwords: setSecret adds the new one, the one of AWSCURRENT goes on working until the next rotation.
 * The superuser whose secret `masterarn` names does that, for all accounts of the name; where the secret names none, the
 * login itself, which has to be allowed to.
 * @param directory see `SuperuserLookup`
 */
export function dualPassword(
  engine: DatabaseEngine<DualPasswordSession>,
  directory: ServerDirectory,
): SecretType<DatabaseSecret> {
  return {
    ...oneLogin(engine),
    overlap: true,
    async set(versions, context) {
      const lookup = { engine, directory, context }
      const [pending, owner] = [versions.pending.login, await versions.current()]
      const current = owner.login
      checkPending(pending, current, current.username)
      const isItself = owner.superuserArn === undefined
      const who = isItself ? current : await superuserForOwner(owner, lookup)
      {
        // Ended before anybody else logs in: the superuser may be the login itself, and have one connection to spare.
        await using session =
          who && (await (isItself ? tryLogin(engine, who, 'AWSCURRENT', context) : superuserSession(who, lookup)))
        if (session === undefined) {
          // Perhaps AWSCURRENT alone was taken away after an earlier run. Nothing is promoted before AWSPENDING has logged in.
          context.did(
            say`changed nothing: testSecret finds out whether an earlier run has set AWSPENDING, since a second refused login could lock ${current.username}`,
          )
          return
        }
        await session.addPassword(pending.username, { next: pending.password, current: current.password })
        context.did(say`added the new password of ${pending.username}`)
      }
      if (who !== undefined) await awaitReplica(engine, pending, current, who, context)
      // Proves that the password in use goes on working. On MySQL it is also what lets clients without TLS go on using it:
      // ALTER USER empties the server's cache for the account, and each password has to be seen once in full (MySQL
      // manual, "Caching SHA-2 Pluggable Authentication"). For the new one testSecret does that.
      if (await logsIn(engine, current, 'AWSCURRENT', context)) return
      throw nobodyLogsIn('AWSCURRENT after the change', current, engine)
    },
    async probe(versions, context) {
      const change = ({ login }: Owner) => ({ kind: 'second password', username: login.username }) as const
      const superuser = (owner: Owner) =>
        owner.superuserArn === undefined ? undefined : () => probedSuperuser(owner, { engine, directory, context })
      return probeDatabase(versions, engine, { change, superuser }, context)
    },
  }
}
