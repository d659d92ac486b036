import { DatabaseError, escapeIdentifier } from 'pg'
import { networkError, tlsUnavailable } from '../../shared/database/network-error.ts'
import { address, type Login } from '../../shared/database/secret.ts'
import type { ErrorCode } from '../../shared/errors/catalogue.ts'
import { type ErrorDetails, RotationError } from '../../shared/errors/rotation-error.ts'
import { ours, say } from '../../shared/errors/words.ts'
import { asError, sqlStateOf, withoutStatement } from './errors.ts'
import { pooledCode } from './poolers.ts'

/** SQLSTATEs (PostgreSQL manual, appendix A). The text of a message depends on the server's language; these do not. */
const bySqlState: Readonly<Record<string, ErrorCode>> = {
  '28P01': 'LoginRefused',
  '3D000': 'DatabaseMissing',
  '53300': 'ConnectionLimit',
  '57P03': 'ServerNotReady',
  '57P01': 'ServerNotReady',
  '57P02': 'ServerNotReady',
  '42501': 'MissingPrivilege',
}

/**
 * Why a login failed. Nothing but a refused password gives LoginRefused.
 * @param reached whether the TCP connection had come about
 */
export function connectError(error: unknown, login: Login, reached: boolean): RotationError {
  // Without an SQLSTATE it was no PostgreSQL that spoke.
  if (error instanceof DatabaseError && sqlStateOf(error.code) === error.code) return loginError(error, login)
  const { code, message } = asError(error)
  if (message.includes('does not support SSL')) return tlsUnavailable(login, error)
  if (message.startsWith('Unknown authenticationOk message type')) {
    const likely = say`pg_hba.conf asks this user for another way to log in than a password: GSS, SSPI, a certificate.`
    const what = say`${address(login)} does not ask ${login.username} for a password.`
    return new RotationError('LoginMethod', what, { likely, cause: error })
  }
  return networkError({ code, message }, login, reached, error)
}

/** Before the login is complete nobody knows who is speaking: nothing of what was said is passed on but the SQLSTATE. */
function loginError(error: DatabaseError, login: Login): RotationError {
  const code = codeOf(error, login)
  const to = login.database === undefined ? '' : ` to database ${login.database}`
  const what = say`${address(login)} refused the login of ${login.username}${to} (${ours(sqlStateOf(error.code))}).`
  return new RotationError(code, what, { ...explained(code, error, login), cause: withoutStatement(error) })
}

function codeOf({ code = '', message, routine }: DatabaseError, { tls }: Login): ErrorCode {
  const pooled = pooledCode(code, message)
  if (pooled !== undefined) return pooled
  if (code !== '28000') return bySqlState[code] ?? 'DatabaseFailed'
  // It covers much; the routine tells it apart. `auth_failed` gives 28P01 for passwords, and 28000 for what is none.
  if (routine === 'InitializeSessionUserId') return 'LoginLocked'
  if (routine === 'auth_failed') return 'LoginMethod'
  // pg_hba.conf has no line for the login, or one that rejects it. Over TLS, it is not TLS that the login lacks.
  return tls === false ? 'TlsRequired' : 'AddressRefused'
}

function explained(code: ErrorCode, { code: sqlState, message }: DatabaseError, login: Login): ErrorDetails {
  const user = escapeIdentifier(login.username)
  const database = escapeIdentifier(login.database ?? '')
  if (code === 'MissingPrivilege') {
    const likely = say`The login has no CONNECT privilege on the database.`
    return { likely, remedy: say`As an administrator: GRANT CONNECT ON DATABASE ${database} TO ${user};` }
  }
  if (code === 'LoginMethod') {
    return {
      likely: say`pg_hba.conf sends this user to something else than its password: IAM (for members of rds_iam), PAM, LDAP, RADIUS, a certificate.`,
      remedy: say`On RDS, as an administrator: REVOKE rds_iam FROM ${user}; elsewhere give the user a line with scram-sha-256 in pg_hba.conf, before the one that matches it now.`,
    }
  }
  if (code === 'LoginRefused' && /^This RDS proxy|provided for the role/i.test(message)) {
    return {
      likely: say`The host is an RDS Proxy, which knows no other password than that of AWSCURRENT.`,
      remedy: say`Put the endpoint of the database itself into the secret; applications may go on using the proxy.`,
    }
  }
  if (sqlState === '55000') {
    const likely = say`The database admits no connections (ALLOW_CONNECTIONS false), as template0 does.`
    const remedy = say`As an administrator: ALTER DATABASE ${database} ALLOW_CONNECTIONS true; or name another database in dbname.`
    return { likely, remedy, retryable: false }
  }
  if (sqlState === 'P0001') {
    const likely = say`A login trigger of the database (CREATE EVENT TRIGGER ... ON login) refuses the session.`
    const remedy = say`Have the trigger admit ${login.username}; \\dy in psql shows the triggers.`
    return { likely, remedy, retryable: false }
  }
  return {}
}
