import { RotationError } from '../errors/rotation-error.ts'
import { say } from '../errors/words.ts'
import type { RotationContext } from '../rotation/context.ts'
import { connect, type SshConnection } from './connection.ts'
import { addressOf, type Credentials, type KnownHost, type SshLogin } from './login.ts'
import { keySecretForm, usernameIn } from './secret.ts'

/** A host on the way to another one. */
export interface Hop extends KnownHost {
  /** Undefined for the user of the host behind it. */
  readonly username: string | undefined
  /** A secret with a key of its own; else the key for the host behind it is used. */
  readonly secretArn: string | undefined
}

export interface Host extends KnownHost {
  /** In the order in which they are gone through. */
  readonly jump: readonly Hop[]
}

/** The ways to hosts. Hosts behind the same jump host share one login there. */
export interface Doors extends Disposable {
  /** Logs in at a host, once. Throws as `connect` does, of the host or of a jump host; and as reading a secret does. */
  open(host: Host, credentials: Credentials): Promise<SshConnection>
}

/** OpenSSH 9.8 and later: five seconds for each of the five keys that it refuses before it closes the door (tried: 10.0). */
const penaltyMs = 26_000
/** What a login may take after it. */
const afterwardsMs = 5_000

/** The ways of one invocation. */
export function doorsOf(context: RotationContext): Doors {
  const opened: SshConnection[] = []
  const jumps = new Map<string, Promise<SshConnection>>()
  const secrets = new Map<string, Promise<Credentials>>()

  /** A server that hangs up at once may have to be waited for; a second time, it is an error. */
  async function login(to: SshLogin, through: SshConnection | undefined): Promise<SshConnection> {
    try {
      return await connect(to, context, through)
    } catch (error) {
      const busy = error instanceof RotationError && error.code === 'HostBusy'
      if (!busy || context.remainingMs() < penaltyMs + afterwardsMs) throw error
      await context.sleep(penaltyMs)
      return connect(to, context, through)
    }
  }
  async function hopCredentials(hop: Hop, credentials: Credentials): Promise<Credentials> {
    const { secretArn } = hop
    if (secretArn === undefined) return { ...credentials, username: hop.username ?? credentials.username }
    const read = secrets.get(secretArn) ?? credentialsIn(secretArn, credentials.username, context)
    secrets.set(secretArn, read)
    const { key, username } = await read
    return { key, username: hop.username ?? username }
  }
  function way(jump: readonly Hop[], credentials: Credentials): Promise<SshConnection> | undefined {
    const hop = jump.at(-1)
    if (hop === undefined) return undefined
    const name = JSON.stringify([
      jump.map((each) => [addressOf(each), each.username]),
      credentials.username,
      credentials.key.publicKey.blob,
    ])
    const known = jumps.get(name)
    if (known !== undefined) return known
    const made = (async () => {
      const through = await way(jump.slice(0, -1), credentials)
      const connection = await login({ ...hop, ...(await hopCredentials(hop, credentials)) }, through)
      opened.push(connection)
      return connection
    })()
    jumps.set(name, made)
    return made
  }
  return {
    async open(host, credentials) {
      return login({ ...host, ...credentials }, await way(host.jump, credentials))
    },
    [Symbol.dispose]() {
      for (const connection of opened.reverse()) connection[Symbol.dispose]()
    },
  }
}

/**
 * The key that another secret holds.
 * @param username for a secret that names no user
 * @throws RotationError InvalidSecret, and what reading a secret throws
 */
export async function credentialsIn(arn: string, username: string, context: RotationContext): Promise<Credentials> {
  const secret = await context.readSecret(arn, keySecretForm)
  if (secret.key === undefined) throw new RotationError('InvalidSecret', say`Secret ${arn} holds no private key.`)
  return { key: secret.key, username: usernameIn(secret) ?? username }
}
