import { RotationError } from '../errors/rotation-error.ts'
import { ours, say } from '../errors/words.ts'
import type { RotationContext } from '../rotation/context.ts'
import type { Versions } from '../rotation/secret-type.ts'
import type { DatabaseEngine, DatabaseSession } from './engine.ts'
import { address, type DatabaseSecret, isSameServer, isSameTls, type Login, type Owner } from './secret.ts'

/**
 * Logs in as one of the versions, and gives undefined where the server refuses its password. An unreachable server is
 * not a refusal: it ends the step.
 */
export async function tryLogin<Session extends DatabaseSession>(
  engine: DatabaseEngine<Session>,
  login: Login,
  label: string,
  context: RotationContext,
): Promise<Session | undefined> {
  try {
    const session = await engine.connect(login, context)
    context.did(say`logged in as ${ours(label)} (${login.username})`)
    return session
  } catch (error) {
    if (!(error instanceof RotationError) || error.code !== 'LoginRefused') throw error
    context.did(say`was refused as ${ours(label)} (${login.username})`)
    return undefined
  }
}

/** Proves that a version logs in, and ends the session at once. */
export async function logsIn(
  engine: DatabaseEngine,
  login: Login,
  label: string,
  context: RotationContext,
): Promise<boolean> {
  await using session = await tryLogin(engine, login, label, context)
  return session !== undefined
}

/** The error where none of the versions that were tried logs in. @param tried which they are: `AWSCURRENT or AWSPENDING` */
export function nobodyLogsIn(tried: string, login: Login, engine: DatabaseEngine): RotationError {
  const what = say`${address(login)} refuses ${login.username} with ${ours(tried)}.`
  return new RotationError('LoginRefused', what, engine.whyRefused?.(login))
}

/**
 * AWSPREVIOUS, if it is a login of that user at the server of AWSCURRENT and under the same name of its certificate: its
 * password is sent nowhere else, and never in clear text because a later value says so.
 */
export async function previousLogin(versions: Versions<DatabaseSecret>, username: string): Promise<Owner | undefined> {
  const [previous, { login, superuserArn }] = [(await versions.previous())?.login, await versions.current()]
  if (previous?.username !== username || !isSameServer(previous, login) || !isSameTls(previous, login)) return undefined
  return { login: { ...login, username, password: previous.password }, superuserArn }
}
