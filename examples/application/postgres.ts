import { setTimeout as sleep } from 'node:timers/promises'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { Pool, type PoolConfig, type QueryResult } from 'pg'
import type { DatabaseSecret, Driver } from './database.ts'

/** PostgreSQL through `pg`. */
export function postgresDriver(options: {
  /** Options of `pg`'s Pool, without the login: size, timeouts. */
  readonly pool?: Omit<PoolConfig, 'user' | 'password' | 'host' | 'port' | 'database' | 'ssl'>
  /** PEM of your certificate authority, if Node does not know it. */
  readonly ca?: string | undefined
}): Driver<QueryResult> {
  return {
    open(secret) {
      const { username: user, password, host, port = 5432, dbname } = secret
      // An empty dbname counts as none, as in the rotation function.
      const database = dbname || 'postgres'
      const login = { user, password, host, port: Number(port), database, ssl: tlsOf(secret, options.ca) }
      const pool = new Pool({ ...options.pool, ...login })
      // A connection that breaks while nobody uses it is replaced by the next query.
      pool.on('error', () => undefined)
      return {
        query: (text, values) => pool.query(text, values),
        async end() {
          // `pg` forgets the queries that wait in an ended pool.
          while (pool.waitingCount > 0) await sleep(50)
          await pool.end()
        },
      }
    },
    isRefusedLogin: isRefusedPostgresLogin,
  }
}

/** Refusals in the words of poolers: PgBouncer's "protocol violation", Pgpool-II's "internal error". */
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
