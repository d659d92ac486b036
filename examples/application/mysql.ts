import { setTimeout as sleep } from 'node:timers/promises'
import { rootCertificates } from 'node:tls'
import { createPool, type PoolOptions, type QueryResult } from 'mysql2/promise'
import type { DatabaseSecret, Driver } from './database.ts'

/** MySQL and MariaDB through `mysql2`. */
export function mysqlDriver(options: {
  /** Options of `mysql2`'s pool, without the login: size, timeouts. */
  readonly pool?: Omit<PoolOptions, 'user' | 'password' | 'host' | 'port' | 'database' | 'ssl'>
  /** PEM of your certificate authority, if Node does not know it. */
  readonly ca?: string | undefined
}): Driver<QueryResult> {
  return {
    open(secret) {
      const pool = createPool({ ...options.pool, ...mysqlLogin(secret, options.ca) })
      let underWay = 0
      return {
        async query(text, values) {
          underWay++
          try {
            return (await pool.query(text, values))[0]
          } finally {
            underWay--
          }
        },
        async end() {
          // An ended pool turns away the queries that wait in it.
          while (underWay > 0) await sleep(50)
          await pool.end()
        },
      }
    },
    isRefusedLogin: isRefusedMysqlLogin,
  }
}

/** 1045: access denied, also where ProxySQL, MaxScale or RDS Proxy say so. 1698: the same from MariaDB, for an account without a password. */
export function isRefusedMysqlLogin(error: unknown): boolean {
  return error instanceof Error && 'errno' in error && (error.errno === 1045 || error.errno === 1698)
}

/**
 * The options of `mysql2` for a login. It verifies the host name only where `verifyIdentity` says so, and not where the host
 * is an address: name the host in the secret.
 */
export function mysqlLogin(secret: DatabaseSecret, ca: string | undefined) {
  const { username: user, password, host, port = 3306, dbname: database, ssl = true } = secret
  const tls =
    String(ssl).toLowerCase() === 'false' ? {} : { ssl: { ca: ca ?? [...rootCertificates], verifyIdentity: true } }
  return { user, password, host, port: Number(port), ...(database !== undefined && { database }), ...tls }
}
