import { isDeepStrictEqual } from 'node:util'
import type { RotationContext } from '../rotation/context.ts'
import { RotationError } from '../rotation/errors.ts'
import type { SecretType, Versions } from '../rotation/secret-type.ts'
import { checkPending, databaseSecretType, nextSecret } from './database-secret-type.ts'
import type { DatabaseEngine, DatabaseSession, TwinNames, TwinSession } from './engine.ts'
import { nobodyLogsIn, previousLogin, tryLogin } from './login-order.ts'
import { awaitReplica } from './replica.ts'
import type { DatabaseSecret } from './secret.ts'
import type { ServerDirectory } from './server-directory.ts'
import { superuserArn, superuserOf, superuserSession } from './superuser.ts'

const suffix = '_clone'

/**
 * Two logins with the same rights take turns: while one is AWSCURRENT the other gets a new password, as a superuser
 * whose secret `masterarn` names. Whoever has cached the old value can log in until the next rotation.
 * @param directory see `superuserOf`
 */
export function alternatingUsers(
  engine: DatabaseEngine<TwinSession>,
  directory?: ServerDirectory,
): SecretType<DatabaseSecret> {
  return {
    ...databaseSecretType(engine),
    name: `${engine.name}-alternating-users`,
    overlap: true,
    async create({ current }) {
      const secret = await current()
      superuserArn(secret)
      return nextSecret(secret, otherOf(secret.username, engine))
    },
    async set(versions, context) {
      const { pending } = versions
      const current = await versions.current()
      checkPending(pending, current, otherOf(current.username, engine), engine)
      // The superuser's secret travels while we log in: it costs a call, but no time.
      const [loggedIn, superuser] = await Promise.allSettled([
        provesCurrent(engine, current, context),
        superuserOf(current, engine, context, directory),
      ])
      if (loggedIn.status === 'rejected') throw loggedIn.reason
      if (!loggedIn.value) {
        // An earlier run has made the two equal and set the password, all at once: then there is nothing to do.
        await using session = await tryLogin(engine, pending, 'AWSPENDING', context)
        if (session !== undefined) return
        throw nobodyLogsIn('AWSCURRENT or AWSPENDING', current, engine)
      }
      if (superuser.status === 'rejected') throw superuser.reason
      await using session = await superuserSession(engine, superuser.value, context)
      await session.ensureTwin(namesOf(pending.username), pending, () => logsInBefore(versions, engine, context))
      context.did(`set the password of ${pending.username}`)
      await awaitReplica(engine, pending, superuser.value, context)
    },
    async test({ pending, current }, context) {
      await using session = await tryLogin(engine, pending, 'AWSPENDING', context)
      if (session === undefined) throw nobodyLogsIn('AWSPENDING', pending, engine)
      try {
        const asOther = async () => tryLogin(engine, await current(), 'AWSCURRENT', context)
        await session.checkTwin(namesOf(pending.username), asOther)
        context.did('compared the rights of the two logins')
      } catch (error) {
        // A test without a rotation (RotateImmediately=false) is about the value in use: there is nothing to compare.
        if (!isDeepStrictEqual(pending, await current())) throw error
      }
    },
  }
}

/** The pair that a user name belongs to. AWS's own functions use the same suffix. */
function namesOf(username: string): TwinNames {
  const base = username.endsWith(suffix) ? username.slice(0, -suffix.length) : username
  return { base, twin: base + suffix }
}

function otherOf(username: string, engine: DatabaseEngine): string {
  const { base, twin } = namesOf(username)
  if (base === '') throw new RotationError('InvalidSecret', `"username" in the secret is ${suffix} and nothing else.`)
  engine.checkName(twin)
  return username === base ? twin : base
}

/** Whether the login that is about to be changed is this secret's own, by the password that the secret has had for it. */
async function logsInBefore(
  versions: Versions<DatabaseSecret>,
  engine: DatabaseEngine<TwinSession>,
  context: RotationContext,
): Promise<boolean> {
  const previous = await previousLogin(versions, versions.pending.username, engine)
  await using session = previous && (await tryLogin(engine, previous, 'AWSPREVIOUS', context))
  return session !== undefined
}

/** Whoever may write the secret could name any user in it; the superuser helps only someone who can log in already. */
async function provesCurrent(
  engine: DatabaseEngine,
  current: DatabaseSecret,
  context: RotationContext,
): Promise<boolean> {
  await using session: DatabaseSession | undefined = await tryLogin(engine, current, 'AWSCURRENT', context)
  return session !== undefined
}
