import { RotationError } from '../errors/rotation-error.ts'
import { joined, ours, say } from '../errors/words.ts'
import type { SecretType, Versions } from '../rotation/secret-type.ts'
import { checkPending, databaseSecretType, nextSecret } from './database-secret-type.ts'
import type { CloneNames, CloneSession, DatabaseEngine } from './engine.ts'
import { logsIn, nobodyLogsIn, previousLogin, tryLogin } from './logins.ts'
import { probeDatabase } from './probe.ts'
import { awaitReplica } from './replica.ts'
import { address, type DatabaseSecret, type Login, type Owner } from './secret.ts'
import type { ServerDirectory, SuperuserLookup } from './server-directory.ts'
import { probedSuperuser, superuserForOwner, superuserSession } from './superuser.ts'
import { checkedSuperuserArn } from './superuser-arn.ts'

const suffix = '_clone'

/**
 * Two logins with the same rights take turns: while one is AWSCURRENT the other gets a new password, as a superuser
 * whose secret `masterarn` names. An application that has cached the old value can log in until the next rotation.
 * @param directory see `SuperuserLookup`
 */
export function alternatingUsers(
  engine: DatabaseEngine<CloneSession>,
  directory: ServerDirectory,
): SecretType<DatabaseSecret> {
  return {
    ...databaseSecretType(engine),
    overlap: true,
    async create({ current }, context) {
      const secret = await current()
      checkedSuperuserArn(secret, context)
      return nextSecret(secret, otherOf(secret.login.username, engine), engine, context)
    },
    async set(versions, context) {
      const lookup = { engine, directory, context }
      const [pending, owner] = [versions.pending.login, await versions.current()]
      const current = owner.login
      checkPending(pending, current, otherOf(current.username, engine))
      let superuser = await superuserForOwner(owner, lookup)
      if (superuser === undefined) {
        // An earlier run has made the two equal and set the password, all at once: then there is nothing to do.
        if (await logsIn(engine, pending, 'AWSPENDING', context)) return
        superuser = await superuserForPrevious(versions, lookup)
      }
      {
        await using session = await superuserSession(superuser, lookup)
        await session.ensureClone({
          ...namesOf(pending.username),
          username: pending.username,
          password: pending.password,
          otherPassword: current.password,
          previousPassword: async () => (await previousLogin(versions, pending.username))?.login.password,
        })
      }
      context.did(say`set the password of ${pending.username}`)
      await awaitReplica(engine, pending, current, superuser, context)
    },
    async test({ pending: { login: pending }, current, isRehearsal }, context) {
      await using session = await tryLogin(engine, pending, 'AWSPENDING', context)
      if (session === undefined) throw nobodyLogsIn('AWSPENDING', pending, engine)
      try {
        const asOther = async () => tryLogin(engine, (await current()).login, 'AWSCURRENT', context)
        await session.checkClone(namesOf(pending.username), asOther)
        context.did(say`compared the rights of the two logins`)
      } catch (error) {
        // Of a value in use there is nothing to compare: the other login may not even exist yet.
        if (!(await isRehearsal())) throw error
      }
    },
    async probe(versions, context) {
      const change = ({ login: { username } }: Owner) =>
        ({ kind: 'clone', names: namesOf(username), username: otherOf(username, engine) }) as const
      const superuser = (owner: Owner) => () => probedSuperuser(owner, { engine, directory, context })
      const compare = (session: CloneSession, { login }: Owner) =>
        session.checkClone(namesOf(login.username), () => tryLogin(engine, login, 'AWSCURRENT', context))
      return probeDatabase(versions, engine, { change, superuser, compare }, context)
    },
  }
}

/**
 * The login of AWSCURRENT has lost its password, and the other one still logs in: it is of the same secret, and a rotation
 * changes its password anyway, so the rotation goes on and gives the applications a login that works.
 * @throws RotationError LoginRefused where it does not log in either
 */
async function superuserForPrevious(versions: Versions<DatabaseSecret>, lookup: SuperuserLookup): Promise<Login> {
  const { engine } = lookup
  const [{ username }, current] = [versions.pending.login, (await versions.current()).login]
  const ofEither = async () => (await previousLogin(versions, username)) ?? previousLogin(versions, current.username)
  const previous = engine.neverLocks && (await ofEither())
  const superuser = previous && (await superuserForOwner(previous, lookup, 'AWSPREVIOUS'))
  if (superuser !== undefined) return superuser
  const tried = [say`${current.username} with AWSCURRENT`, say`${username} with AWSPENDING`]
  if (previous !== undefined) tried.push(say`${previous.login.username} with AWSPREVIOUS`)
  const what = say`${address(current)} refuses ${joined(tried)}.`
  throw new RotationError('LoginRefused', what, engine.whyRefused?.(current))
}

/** The pair that a user name belongs to. AWS's own functions use the same suffix. */
function namesOf(username: string): CloneNames {
  const base = username.endsWith(suffix) ? username.slice(0, -suffix.length) : username
  return { base, clone: base + suffix }
}

function otherOf(username: string, engine: DatabaseEngine): string {
  const { base, clone } = namesOf(username)
  if (base === '')
    throw new RotationError('InvalidSecret', say`"username" in the secret is ${ours(suffix)} and nothing else.`)
  engine.checkName(clone)
  return username === base ? clone : base
}
