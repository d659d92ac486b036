import type { RotationContext } from '../rotation/context.ts'
import { RotationError } from '../rotation/errors.ts'
import type { DatabaseEngine, DatabaseSession } from './engine.ts'
import { tryLogin } from './login-order.ts'
import { address, type DatabaseSecret, isSameServer, isSameTls, loginOf, parseDatabaseSecret } from './secret.ts'

/**
 * The ARN of the superuser's secret.
 * @throws RotationError InvalidSecret where the secret names none
 */
export function superuserArn({ masterarn }: DatabaseSecret): string {
  if (masterarn !== undefined) return masterarn
  throw new RotationError('InvalidSecret', 'masterarn key is missing from secret JSON.', {
    remedy:
      'Add "masterarn" with the ARN of the superuser\'s secret, or rotate this secret with the single-user function.',
  })
}

/**
 * The superuser's login for the server of a secret.
 * @throws RotationError InvalidSecret, SuperuserMismatch, and whatever reading a secret fails with
 */
export async function superuserOf(
  current: DatabaseSecret,
  engine: DatabaseEngine,
  context: RotationContext,
): Promise<DatabaseSecret> {
  const arn = superuserArn(current)
  const superuser = parseSuperuser(await context.readSecret(arn), arn, engine)
  if (!isSameServer(superuser, current, engine)) {
    const [ours, theirs] = [address(loginOf(current, engine)), address(loginOf(superuser, engine))]
    throw new RotationError(
      'SuperuserMismatch',
      `Current database host ${ours} is not the host ${theirs} of superuser secret ${arn}.`,
    )
  }
  if (!isSameTls(superuser, current, engine)) {
    // AWSCURRENT proves itself to the server that its own settings accept; a weaker proof must not move the superuser.
    throw new RotationError(
      'SuperuserMismatch',
      `"ssl" or "tlsServerName" of the secret differ from those of superuser secret ${arn}.`,
      {
        likely: 'One of the two secrets was changed without the other.',
        remedy: 'Give both secrets the same "ssl" and "tlsServerName".',
      },
    )
  }
  // A superuser must come to the database of the secret; its own may be another.
  return { ...superuser, dbname: current.dbname }
}

function parseSuperuser(text: string, arn: string, engine: DatabaseEngine): DatabaseSecret {
  try {
    return parseDatabaseSecret(text, engine)
  } catch (error) {
    if (!(error instanceof RotationError)) throw error
    throw new RotationError('InvalidSecret', `Superuser secret ${arn}: ${error.what}`, {
      likely: 'It is not a database login; those that RDS manages hold no host, and are not supported yet.',
      remedy: 'Make a superuser secret with host, port, username and password, and put its ARN into masterarn.',
    })
  }
}

/**
 * Logs in as the superuser.
 * @throws RotationError LoginRefused, which names the superuser and not the login to be rotated
 */
export async function superuserSession<Session extends DatabaseSession>(
  engine: DatabaseEngine<Session>,
  superuser: DatabaseSecret,
  context: RotationContext,
): Promise<Session> {
  const session = await tryLogin(engine, superuser, 'superuser', context)
  if (session !== undefined) return session
  throw new RotationError(
    'LoginRefused',
    `${address(loginOf(superuser, engine))} refuses ${superuser.username} with the superuser secret.`,
    {
      remedy: 'Correct the superuser secret that masterarn names.',
    },
  )
}
