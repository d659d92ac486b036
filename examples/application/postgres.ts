import { setTimeout as sleep } from 'node:timers/promises'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { Pool, type PoolConfig, type QueryResult } from 'pg'
import type { DatabaseSecret, Driver } from './database.ts'

/** PostgreSQL through `pg`. */
export function postgresDriver(options: {
  /** Anything of `pg`'s Pool but the login: size, timeouts. */
  readonly pool?: Omit<PoolConfig, 'user' | 'password' | 'host' | 'port' | 'database' | 'ssl'>
  /** PEM of your certificate authority, where it is not one of those that Node knows. */
  readonly ca?: string | undefined
}): Driver<QueryResult> {
  return {
    open(secret) {
      const { username: user, password, host, port = 5432, dbname } = secret
      // As the rotation function reads it: an empty one is none.
      const database = dbname || 'postgres'
      const login = { user, password, host, port: Number(port), database, ssl: tlsOf(secret, options.ca) }
      const pool = new Pool({ ...options.pool, ...login })
      // A connection that breaks while nobody uses it is replaced by the next query.
      pool.on('error', () => undefined)
      return {
        query: (text, values) => pool.query(text, values),
        async end() {
          // `pg` forgets those that wait in an ended pool.
          while (pool.waitingCount > 0) await sleep(50)
          await pool.end()
        },
      }
    },
    isRefusedLogin: isRefusedPostgresLogin,
  }
}

/** What poolers say in words of their own: PgBouncer as a "protocol violation", Pgpool-II as an "internal error". */
const refusals: Readonly<Record<string, RegExp>> = {
  '08P01':
    /^(?:(?:password|SASL|PAM|LDAP|certificate|"trust") authentication failed|auth failed)$|^no such user\b|^server login (?:failed|has been failing)\b.*\bpassword authentication failed for user\b|^The password that was provided for the role\b/i,
  XX000: /^(?:md5|SCRAM|clear text|clear text password) authentication failed$/,
}

/** 28P01: wrong password. 28000: the role may not log in (any more), or RDS Proxy has no secret for it. */
export function isRefusedPostgresLogin(error: unknown): boolean {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return false
  return error.code === '28P01' || error.code === '28000' || refusals[error.code]?.test(error.message) === true
}

/** TLS with certificate and host name verified, unless the secret says otherwise; the rotation function reads it so, too. */
function tlsOf({ host, ssl = true, tlsServerName = host }: DatabaseSecret, ca: string | undefined): PoolConfig['ssl'] {
  if (String(ssl).toLowerCase() === 'false') return false
  const verify = (_host: string, certificate: PeerCertificate) => checkServerIdentity(tlsServerName, certificate)
  return { checkServerIdentity: verify, ...(ca !== undefined && { ca }) }
}
