import type { RotationContext } from '../rotation/context.ts'
import type { ErrorCode } from '../rotation/error-catalogue.ts'
import { RotationError } from '../rotation/errors.ts'
import type { SecretType } from '../rotation/secret-type.ts'
import { checkPending, databaseSecretType, nextSecret } from './database-secret-type.ts'
import type { DatabaseEngine, DualPasswordSession } from './engine.ts'
import { nobodyLogsIn, tryLogin } from './login-order.ts'
import { awaitReplica } from './replica.ts'
import type { DatabaseSecret } from './secret.ts'
import type { ServerDirectory } from './server-directory.ts'
import { superuserOf, superuserSession } from './superuser.ts'

/**
 * One login has two passwords: setSecret adds the new one, the one of AWSCURRENT goes on working until the next rotation.
 * The login does that itself where it may, else the superuser whose secret `masterarn` names.
 * @param directory see `superuserOf`
 */
export function dualPassword(
  engine: DatabaseEngine<DualPasswordSession>,
  directory?: ServerDirectory,
): SecretType<DatabaseSecret> {
  return {
    ...databaseSecretType(engine),
    name: `${engine.name}-dual-password`,
    overlap: true,
    async create({ current }) {
      const secret = await current()
      return nextSecret(secret, secret.username)
    },
    async set(versions, context) {
      const { pending } = versions
      const current = await versions.current()
      checkPending(pending, current, current.username, engine)
      if (!(await addAsItself({ engine, directory, current, pending, context }))) {
        // AWSCURRENT alone was taken away after an earlier run: then there is nothing left to do.
        await using session = await tryLogin(engine, pending, 'AWSPENDING', context)
        if (session !== undefined) return
        throw nobodyLogsIn('AWSCURRENT or AWSPENDING', current, engine)
      }
      // Proves that the password in use goes on working. On MySQL it is also what lets clients without TLS go on using it:
      // ALTER USER empties the server's cache for the account, and each password has to be seen once in full (MySQL
      // manual, "Caching SHA-2 Pluggable Authentication"). For the new one testSecret does that.
      await using again = await tryLogin(engine, current, 'AWSCURRENT', context)
      if (again === undefined) throw nobodyLogsIn('AWSCURRENT after the change', current, engine)
    },
    async test({ pending }, context) {
      await using session = await tryLogin(engine, pending, 'AWSPENDING', context)
      if (session === undefined) throw nobodyLogsIn('AWSPENDING', pending, engine)
    },
  }
}

interface Change {
  readonly engine: DatabaseEngine<DualPasswordSession>
  readonly directory: ServerDirectory | undefined
  readonly current: DatabaseSecret
  readonly pending: DatabaseSecret
  readonly context: RotationContext
}

/** What the superuser may be able to do where the login itself is not: it has more rights, or logs in at the primary. */
const forTheSuperuser: readonly ErrorCode[] = ['MissingPrivilege', 'ReadOnlyServer']

/** @returns false where AWSCURRENT does not log in */
async function addAsItself(change: Change): Promise<boolean> {
  const { engine, current, pending, context } = change
  await using session = await tryLogin(engine, current, 'AWSCURRENT', context)
  if (session === undefined) return false
  try {
    await add(session, current, pending, context)
  } catch (error) {
    if (!(error instanceof RotationError) || !forTheSuperuser.includes(error.code)) throw error
    if (current.masterarn === undefined) throw error
    await addAsSuperuser(change)
  }
  return true
}

/** The superuser helps only someone who can log in already: whoever may write the secret could name any user in it. */
async function addAsSuperuser({ engine, directory, current, pending, context }: Change): Promise<void> {
  const superuser = await superuserOf(current, engine, context, directory)
  await using session = await superuserSession(engine, superuser, context)
  await add(session, current, pending, context)
  await awaitReplica(engine, pending, superuser, context)
}

async function add(
  session: DualPasswordSession,
  current: DatabaseSecret,
  { username, password }: DatabaseSecret,
  context: RotationContext,
): Promise<void> {
  await session.addPassword(username, { next: password, current: current.password })
  context.did(`added the new password of ${username}`)
}
