import { DatabaseError } from 'pg'
import { brokenOff, networkError, tlsUnavailable } from '../../shared/database/network-error.ts'
import { address, type Login } from '../../shared/database/secret.ts'
import type { ErrorCode } from '../../shared/rotation/error-catalogue.ts'
import { type ErrorDetails, RotationError } from '../../shared/rotation/errors.ts'
import { quotable } from '../../shared/rotation/redact.ts'

/** SQLSTATEs (PostgreSQL manual, appendix A). The text of a message depends on the server's language; these do not. */
const bySqlState: Readonly<Record<string, ErrorCode>> = {
  '28P01': 'LoginRefused',
  '3D000': 'DatabaseMissing',
  '53300': 'ConnectionLimit',
  '57P03': 'ServerNotReady',
  '57P01': 'ServerNotReady',
  '57P02': 'ServerNotReady',
  '25006': 'ReadOnlyServer',
  '42501': 'MissingPrivilege',
  '57014': 'TimedOut',
  '55P03': 'TimedOut',
}

/**
 * Why a login failed. Nothing but a refused password gives LoginRefused.
 * @param reached whether the TCP connection had come about
 */
export function connectError(error: unknown, login: Login, reached: boolean): RotationError {
  const where = address(login)
  const cause = error
  const to = login.database === undefined ? '' : ` to database ${login.database}`
  // Without an SQLSTATE it was no PostgreSQL that spoke.
  if (error instanceof DatabaseError && tidy(error.code) === error.code)
    return loginError(error, `${where} refused the login of ${login.username}${to}`)
  const { code, message } = asError(error)
  if (message.includes('does not support SSL')) return tlsUnavailable(login, cause)
  if (message.startsWith('Unknown authenticationOk message type')) {
    const likely = 'pg_hba.conf asks this user for another way to log in than a password: GSS, SSPI, a certificate.'
    return new RotationError('DatabaseFailed', `${where} does not ask ${login.username} for a password.`, { likely })
  }
  return networkError({ code, message }, login, reached, cause)
}

/**
 * Why a statement failed. The statement itself is in no error.
 * @param outOfTime whether it was we who ended the connection
 */
export function statementError(error: unknown, doing: string, login: Login, outOfTime: boolean): RotationError {
  const what = `${doing} at ${address(login)} failed`
  if (error instanceof DatabaseError) return serverError(error, what)
  const { code, message } = asError(error)
  return brokenOff(code, doing, login, outOfTime || message === 'Query read timeout', error)
}

function serverError(error: DatabaseError, what: string): RotationError {
  const code = classify(error)
  // Of the server's own words only those about privileges are passed on: they help, and hold no values.
  const said = [error.message, error.detail].filter(Boolean).join('. ')
  const words = code === 'MissingPrivilege' ? `: ${quotable(said)}` : ''
  return new RotationError(code, `${what} (${tidy(error.code)})${words}.`, {
    ...hint(code, error),
    cause: withoutStatement(error),
  })
}

/** Before the login is complete nobody knows who is speaking: nothing of what was said is passed on but the SQLSTATE. */
function loginError(error: DatabaseError, what: string): RotationError {
  const code = classify(error)
  const likely = 'The login has no CONNECT privilege on the database.'
  const connect = { likely, remedy: 'GRANT CONNECT ON DATABASE to it, or correct dbname in the secret.' }
  const details = code === 'MissingPrivilege' ? connect : {}
  return new RotationError(code, `${what} (${tidy(error.code)}).`, { ...details, cause: withoutStatement(error) })
}

function classify({ code = '', routine }: DatabaseError): ErrorCode {
  // 28000 covers both "no pg_hba.conf entry" and "role is not permitted to log in"; the routine tells them apart.
  if (code === '28000') return routine === 'InitializeSessionUserId' ? 'LoginLocked' : 'TlsRequired'
  // A standby refuses BEGIN READ WRITE with "feature not supported".
  if (code === '0A000') return 'ReadOnlyServer'
  return bySqlState[code] ?? 'DatabaseFailed'
}

function hint(code: ErrorCode, { message, routine }: DatabaseError): ErrorDetails {
  if (code === 'TimedOut') {
    const likely =
      'Somebody holds a lock that this needs: a long transaction that changed roles, or another run of this step.'
    return { likely, remedy: 'Let it end: pg_stat_activity and pg_blocking_pids() show it.' }
  }
  if (code !== 'MissingPrivilege') return {}
  if (routine === 'validate_option_array_item') {
    const likely = 'The role has a setting that only a superuser may give to another role.'
    return { likely, remedy: 'As a superuser: GRANT SET ON PARAMETER <its name> TO the login of the superuser secret.' }
  }
  if (!message.includes('rds_password')) return {}
  return {
    likely: 'rds.restrict_password_commands is on.',
    remedy: 'GRANT rds_password to this login, or use alternating-users.',
  }
}

/** The fields of a server's error that quote parts of a statement or of data, or that a server may fill at will, are left out. */
function withoutStatement({ code }: DatabaseError): Error {
  return new Error(`PostgreSQL ${tidy(code)}`)
}

/** A SQLSTATE as servers write them. */
function tidy(code: string | undefined): string {
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : 'no SQLSTATE'
}

function asError(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: '', message: '' }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return { code, message: error.message }
}
