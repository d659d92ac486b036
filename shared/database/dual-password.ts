import { say } from '../errors/words.ts'
import type { RotationContext } from '../rotation/context.ts'
import type { SecretType } from '../rotation/secret-type.ts'
import { checkPending } from './database-secret-type.ts'
import type { DatabaseEngine, DualPasswordSession } from './engine.ts'
import { leaveToTest, logsIn, nobodyLogsIn, tryLogin } from './logins.ts'
import { oneLogin } from './one-login.ts'
import { probeDatabase } from './probe.ts'
import { awaitReplica } from './replica.ts'
import type { DatabaseSecret } from './secret.ts'
import type { ServerDirectory } from './server-directory.ts'
import { probedSuperuser, superuserForOwner, superuserSession } from './superuser.ts'
import { namesSuperuser } from './superuser-arn.ts'

/**
 * One login has two passwords: setSecret adds the new one, the one of AWSCURRENT goes on working until the next rotation.
 * The superuser whose secret `masterarn` names does that, for all accounts of the name; where the secret names none, the
 * login itself, which has to be allowed to.
 * @param directory see `superuserForOwner`
 */
export function dualPassword(
  engine: DatabaseEngine<DualPasswordSession>,
  directory: ServerDirectory,
): SecretType<DatabaseSecret> {
  return {
    ...oneLogin(engine),
    overlap: true,
    async set(versions, context) {
      const { pending } = versions
      const current = await versions.current()
      checkPending(pending, current, current.username, engine)
      const add = namesSuperuser(current) ? addAsSuperuser : addAsItself
      // Perhaps AWSCURRENT alone was taken away after an earlier run: then there is nothing left to do.
      if (!(await add({ engine, directory, current, pending, context }))) return leaveToTest(current, context)
      // Proves that the password in use goes on working. On MySQL it is also what lets clients without TLS go on using it:
      // ALTER USER empties the server's cache for the account, and each password has to be seen once in full (MySQL
      // manual, "Caching SHA-2 Pluggable Authentication"). For the new one testSecret does that.
      if (await logsIn(engine, current, 'AWSCURRENT', context)) return
      throw nobodyLogsIn('AWSCURRENT after the change', current, engine)
    },
    probe: (versions, context) =>
      probeDatabase(
        versions,
        engine,
        {
          ownChange: (current) => (namesSuperuser(current) ? undefined : changeOf(current)),
          superuser: (current) =>
            namesSuperuser(current)
              ? { change: changeOf(current), session: () => probedSuperuser(current, engine, context, directory) }
              : undefined,
        },
        context,
      ),
  }
}

const changeOf = ({ username }: DatabaseSecret) => ({ kind: 'second password', username }) as const

interface Change {
  readonly engine: DatabaseEngine<DualPasswordSession>
  readonly directory: ServerDirectory
  readonly current: DatabaseSecret
  readonly pending: DatabaseSecret
  readonly context: RotationContext
}

/** @returns false where AWSCURRENT does not log in */
async function addAsItself({ engine, current, pending, context }: Change): Promise<boolean> {
  await using session = await tryLogin(engine, current, 'AWSCURRENT', context)
  if (session === undefined) return false
  await add(session, current, pending, context)
  return true
}

/**
 * Not only where the login may not itself: it would change no account but the one that it has logged in to, and does not
 * see the others.
 * @returns false where AWSCURRENT does not log in
 */
async function addAsSuperuser({ engine, directory, current, pending, context }: Change): Promise<boolean> {
  const superuser = await superuserForOwner(current, engine, context, directory)
  if (superuser === undefined) return false
  {
    // Ended before anybody else logs in: the superuser may be the login itself, and have one connection to spare.
    await using session = await superuserSession(engine, superuser, context)
    await add(session, current, pending, context)
  }
  await awaitReplica(engine, pending, current, superuser, context)
  return true
}

async function add(
  session: DualPasswordSession,
  current: DatabaseSecret,
  { username, password }: DatabaseSecret,
  context: RotationContext,
): Promise<void> {
  await session.addPassword(username, { next: password, current: current.password })
  context.did(say`added the new password of ${username}`)
}
