import { RotationError } from '../errors/rotation-error.ts'
import { say, type Words } from '../errors/words.ts'
import { parseJsonObject } from '../json-secret.ts'
import type { DatabaseSession } from './engine.ts'
import { logsIn, nobodyLogsIn, tryLogin } from './logins.ts'
import { isManagedByRds, managedServer } from './managed-superuser.ts'
import { isReplica } from './replica.ts'
import { address, isSameServer, isSameTls, type Login, type Owner, parseDatabaseSecret } from './secret.ts'
import type { SuperuserLookup } from './server-directory.ts'
import { checkedSuperuserArn, explainedAccount } from './superuser-arn.ts'

/**
 * The superuser's login at the server of a secret, or, where that is a read replica, at its source.
 * @returns with AWSCURRENT as it has to log in, too, before the superuser's login is used, if it has to
 * @throws RotationError InvalidSecret, SuperuserMismatch, and whatever reading a secret or asking the directory fails with
 */
async function superuserOf(
  owner: Owner,
  lookup: SuperuserLookup,
): Promise<{ readonly login: Login; readonly witness: Login | undefined }> {
  const arn = checkedSuperuserArn(owner, lookup.context)
  const current = owner.login
  const { superuser, managed } = await readSuperuser(arn, lookup)
  const sameServer = isSameServer(superuser, current)
  if (!sameServer && !(await isReplica(current, superuser, lookup))) {
    const what = say`Current database host ${address(current)} is not the host ${address(superuser)} of superuser secret ${arn}`
    throw new RotationError('SuperuserMismatch', say`${what}, nor known as a read replica of it.`)
  }
  // A replica has a name of its own, and must prove that it is the server of this name.
  const ownName = { ...superuser, tls: superuser.tls && { ...superuser.tls, serverName: current.host.toLowerCase() } }
  const proof = sameServer ? superuser : ownName
  const isSame = isSameTls(proof, current)
  if (!isSame && current.tls !== false) {
    // The superuser's session carries the new password: it must be no weaker than what the secret asks for.
    throw new RotationError(
      'SuperuserMismatch',
      say`"ssl" or "tlsServerName" of the secret differ from those of superuser secret ${arn}.`,
      managed || !sameServer ? withoutName(managed) : sameSettings,
    )
  }
  // In clear text anybody in between can let AWSCURRENT in: that must not move a superuser who asks for more.
  const witness = isSame ? undefined : { ...current, tls: proof.tls }
  // Where every session is in a database, a superuser must come to that of the secret: its own may be another. Elsewhere it
  // needs none, and may have no rights in that one.
  const database = lookup.engine.defaultDatabase === undefined ? undefined : current.database
  return { login: { ...superuser, database }, witness }
}

const sameSettings = {
  likely: say`One of the two secrets was changed without the other.`,
  remedy: say`Give both secrets the same "ssl" and "tlsServerName".`,
}

function withoutName(managed: boolean) {
  return {
    likely: managed
      ? say`A superuser secret that RDS manages is used over TLS alone, and under the name of its endpoint.`
      : say`The host of the secret is a replica, which has to be known by its own name.`,
    remedy: managed
      ? say`Remove "tlsServerName" from the secret.`
      : say`Remove "tlsServerName" from the secret, and give both secrets the same "ssl".`,
  }
}

async function readSuperuser(
  arn: string,
  lookup: SuperuserLookup,
): Promise<{ readonly superuser: Login; readonly managed: boolean }> {
  const { engine, context } = lookup
  const parse = (text: string) => explained(arn, () => parseDatabaseSecret(text, engine).login)
  const reading = context.readSecret(arn, {
    parse(text) {
      const fields = explained(arn, () => parseJsonObject(text))
      return { fields, superuser: isManagedByRds(fields) ? undefined : parse(text) }
    },
    sensitive: ({ fields }) => [String(fields.password)],
  })
  const { fields, superuser } = await reading.catch((error: unknown) => {
    throw explainedAccount(error, arn, context.secretId)
  })
  if (superuser !== undefined) return { superuser, managed: false }
  // Without "ssl" and "tlsServerName": over verified TLS, under the name of the endpoint.
  const server = await managedServer(arn, lookup)
  return { superuser: parse(JSON.stringify({ ...fields, ...server })), managed: true }
}

function explained<T>(arn: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof RotationError)) throw error
    throw new RotationError('InvalidSecret', say`Superuser secret ${arn}: ${error.what}`, {
      likely: say`It is not a login, or one for another kind of database.`,
      remedy: say`Make a superuser secret with host, port, username and password, and put its ARN into masterarn.`,
    })
  }
}

/**
 * The superuser's login, once the secret's own login has logged in: a secret can name any user and any superuser.
 * @param label which version it is
 * @returns undefined where it does not log in
 * @throws what superuserOf throws
 */
export async function superuserForOwner(
  owner: Owner,
  lookup: SuperuserLookup,
  label = 'AWSCURRENT',
): Promise<Login | undefined> {
  // The superuser's secret travels while we log in: it costs a call, but no time.
  const [loggedIn, superuser] = await Promise.allSettled([
    logsIn(lookup.engine, owner.login, label, lookup.context),
    superuserOf(owner, lookup),
  ])
  if (loggedIn.status === 'rejected') throw loggedIn.reason
  if (!loggedIn.value) return undefined
  if (superuser.status === 'rejected') throw superuser.reason
  const { login, witness } = superuser.value
  if (witness !== undefined) await checkWitness(witness, lookup)
  return login
}

async function checkWitness(witness: Login, { engine, context }: SuperuserLookup): Promise<void> {
  let why: Words | string = say`The server refuses it.`
  try {
    if (await logsIn(engine, witness, 'AWSCURRENT, over TLS', context)) return
  } catch (error) {
    if (!(error instanceof RotationError) || error.retryable) throw error
    why = error.what
  }
  const what = say`${witness.username} logs in to ${address(witness)} in clear text, but not over TLS as its superuser does: ${why}`
  throw new RotationError('SuperuserMismatch', what, {
    likely: say`The account may not use TLS, the server has none or an unknown certificate, or something else answers there.`,
    remedy: say`Give both secrets the same "ssl": false only if you accept clear text for the superuser, too.`,
  })
}

/**
 * The superuser's session, for a probe that has logged in with AWSCURRENT a moment before.
 * @throws what superuserForOwner and superuserSession throw
 */
export async function probedSuperuser<Session extends DatabaseSession>(
  owner: Owner,
  lookup: SuperuserLookup<Session>,
): Promise<Session> {
  const superuser = await superuserForOwner(owner, lookup)
  if (superuser !== undefined) return superuserSession(superuser, lookup)
  throw nobodyLogsIn('AWSCURRENT', owner.login, lookup.engine)
}

/**
 * Logs in as the superuser.
 * @throws RotationError LoginRefused, which names the superuser and not the login to be rotated
 */
export async function superuserSession<Session extends DatabaseSession>(
  superuser: Login,
  { engine, context }: SuperuserLookup<Session>,
): Promise<Session> {
  const session = await tryLogin(engine, superuser, 'superuser', context)
  if (session !== undefined) return session
  const what = say`${address(superuser)} refuses ${superuser.username} with the superuser secret.`
  throw new RotationError('LoginRefused', what, { remedy: say`Correct the superuser secret that masterarn names.` })
}
