import { setTimeout as sleep } from 'node:timers/promises'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { Pool, type PoolConfig, type QueryResult } from 'pg'

/** The fields that are read here; the secret may hold more. */
interface DatabaseSecret {
  readonly username: string
  readonly password: string
  readonly host: string
  readonly port?: number | string
  readonly dbname?: string
  readonly ssl?: boolean | string
  readonly tlsServerName?: string
}

export interface DatabaseOptions {
  readonly secretId: string
  readonly secretsManager?: SecretsManagerClient
  /** Anything of `pg`'s Pool but the login: size, timeouts. */
  readonly pool?: Omit<PoolConfig, 'user' | 'password' | 'host' | 'port' | 'database' | 'ssl'>
  /** PEM of your certificate authority, where it is not one of those that Node knows. */
  readonly ca?: string
  /**
   * How old the secret may get before it is looked for again in the background, in milliseconds. Default 5 minutes; it
   * must be shorter than the time between two rotations.
   */
  readonly refreshMs?: number
  /** How long to go on asking for a new secret after a refused login, in milliseconds. Default 5,000. */
  readonly patienceMs?: number
  /** Called when a login was refused, before the secret is fetched again. */
  readonly onRefused?: () => void
}

/** A pool, and the secret it was opened with. */
interface OpenPool {
  readonly text: string
  readonly pool: Pool
}

/**
 * A connection pool that survives the rotation of its login. It keeps the secret in memory, looks for a new one now and
 * then, and at once when the database refuses a login. The first is what makes alternating users seamless, the second
 * closes the gap of a single user.
 */
export function createDatabase({ secretId, pool: poolConfig, ca, ...options }: DatabaseOptions) {
  const { refreshMs = 300_000, patienceMs = 5_000 } = options
  const secretsManager = options.secretsManager ?? new SecretsManagerClient()
  let inUse: Promise<OpenPool> | undefined
  let refreshAt = 0

  async function fetchSecret(): Promise<string> {
    const { SecretString } = await secretsManager.send(new GetSecretValueCommand({ SecretId: secretId }))
    return SecretString ?? '{}'
  }

  function open(text: string): OpenPool {
    const secret: DatabaseSecret = JSON.parse(text)
    const { username: user, password, host, port = 5432, dbname: database = 'postgres' } = secret
    const pool = new Pool({ ...poolConfig, user, password, host, port: Number(port), database, ssl: tlsOf(secret, ca) })
    // A connection that breaks while nobody uses it is replaced by the next query.
    pool.on('error', () => undefined)
    refreshAt = Date.now() + refreshMs
    return { text, pool }
  }

  function currentPool(): Promise<OpenPool> {
    inUse ??= fetchSecret().then(open)
    // A failed fetch must not be remembered for ever.
    inUse.catch(() => {
      inUse = undefined
    })
    return inUse
  }

  /** Opens a new pool if the secret is not the one any more that `old` was opened with. */
  async function replace(old: OpenPool): Promise<boolean> {
    refreshAt = Date.now() + refreshMs
    const text = await fetchSecret()
    if ((await currentPool()) !== old) return true // another query asked too, and was faster
    if (text === old.text) return false
    inUse = Promise.resolve(open(text))
    void retire(old.pool)
    return true
  }

  return {
    async query(text: string, values: unknown[] = []): Promise<QueryResult> {
      const giveUpAt = Date.now() + patienceMs
      for (let pauseMs = 25; ; pauseMs = Math.min(pauseMs * 2, 400)) {
        const used = await currentPool()
        // In the background: this query goes on with what it has, and a Secrets Manager that fails hurts nobody yet.
        if (Date.now() > refreshAt) replace(used).catch(() => undefined)
        try {
          return await used.pool.query(text, values)
        } catch (error) {
          // Only a refused login is repeated: the query has not been sent then.
          if (!isRefusedLogin(error) || Date.now() > giveUpAt) throw error
          options.onRefused?.()
          // Between setSecret and finishSecret of a single-user rotation the new password is not AWSCURRENT yet.
          if (!(await replace(used))) await sleep(pauseMs)
        }
      }
    },
    async end(): Promise<void> {
      await (await inUse)?.pool.end()
    },
  }
}

/** TLS with certificate and host name verified, unless the secret says otherwise; the rotation function reads it so, too. */
function tlsOf({ host, ssl = true, tlsServerName = host }: DatabaseSecret, ca: string | undefined): PoolConfig['ssl'] {
  if (String(ssl).toLowerCase() === 'false') return false
  const verify = (_host: string, certificate: PeerCertificate) => checkServerIdentity(tlsServerName, certificate)
  return { checkServerIdentity: verify, ...(ca !== undefined && { ca }) }
}

/** Sessions that are open stay valid, so queries under way end in peace; `pg` forgets those that wait in an ended pool. */
async function retire(pool: Pool): Promise<void> {
  while (pool.waitingCount > 0) await sleep(50)
  await pool.end()
}

/** 28P01: wrong password. 28000: the role may not log in (any more). */
function isRefusedLogin(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '28P01' || error.code === '28000')
}
