import { setTimeout as sleep } from 'node:timers/promises'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'

/** The fields that are read here; the secret may hold more. */
export interface DatabaseSecret {
  readonly engine?: string
  readonly username: string
  readonly password: string
  readonly host: string
  readonly port?: number | string
  readonly dbname?: string
  readonly ssl?: boolean | string
  readonly tlsServerName?: string
}

/** The difference between databases: postgres.ts and mysql.ts have a driver each. */
export interface Driver<Result> {
  open(secret: DatabaseSecret): Pool<Result>
  /** Whether an error says that name and password were refused, so that nothing has been sent yet. */
  isRefusedLogin(error: unknown): boolean
}

/** Connections with one login. */
export interface Pool<Result> {
  query(text: string, values: unknown[]): Promise<Result>
  /** Waits until all queries have ended, also those that wait for a connection, and then closes the connections. */
  end(): Promise<void>
}

export interface DatabaseOptions<Result> {
  readonly secretId: string
  readonly driver: Driver<Result>
  readonly secretsManager?: SecretsManagerClient
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
interface OpenPool<Result> {
  readonly text: string
  readonly pool: Pool<Result>
}

/**
 * A connection pool that survives the rotation of its login. It keeps the secret in memory, looks for a new one now and
 * then, and at once when the database refuses a login. The first makes alternating users and dual passwords
 * seamless, the second closes the gap of a single user.
 */
export function createDatabase<Result>({ secretId, driver, ...options }: DatabaseOptions<Result>) {
  const { refreshMs = 300_000, patienceMs = 5_000 } = options
  const secretsManager = options.secretsManager ?? new SecretsManagerClient()
  let inUse: Promise<OpenPool<Result>> | undefined
  let refreshAt = 0

  async function fetchSecret(): Promise<string> {
    const { SecretString } = await secretsManager.send(new GetSecretValueCommand({ SecretId: secretId }))
    return SecretString ?? '{}'
  }

  function open(text: string): OpenPool<Result> {
    refreshAt = Date.now() + refreshMs
    return { text, pool: driver.open(JSON.parse(text)) }
  }

  function currentPool(): Promise<OpenPool<Result>> {
    inUse ??= fetchSecret().then(open)
    // A failed fetch must not be remembered for ever.
    inUse.catch(() => {
      inUse = undefined
    })
    return inUse
  }

  /** Opens a new pool if the secret is not the one any more that `old` was opened with. */
  async function replace(old: OpenPool<Result>): Promise<boolean> {
    refreshAt = Date.now() + refreshMs
    const text = await fetchSecret()
    if ((await currentPool()) !== old) return true // another query asked too, and was faster
    if (text === old.text) return false
    inUse = Promise.resolve(open(text))
    void old.pool.end()
    return true
  }

  return {
    async query(text: string, values: unknown[] = []): Promise<Result> {
      const giveUpAt = Date.now() + patienceMs
      for (let pauseMs = 25; ; pauseMs = Math.min(pauseMs * 2, 400)) {
        const used = await currentPool()
        // In the background: this query goes on with the present pool, and a failure of Secrets Manager hurts nobody yet.
        if (Date.now() > refreshAt) replace(used).catch(() => undefined)
        try {
          return await used.pool.query(text, values)
        } catch (error) {
          // Only a refused login is repeated: the query has not been sent then.
          if (!driver.isRefusedLogin(error) || Date.now() > giveUpAt) throw error
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
