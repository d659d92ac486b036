import { DatabaseError, escapeIdentifier } from 'pg'
import { brokenOff } from '../../shared/database/network-error.ts'
import { address, type Login } from '../../shared/database/secret.ts'
import type { ErrorCode } from '../../shared/errors/catalogue.ts'
import { type ErrorDetails, RotationError } from '../../shared/errors/rotation-error.ts'
import { ours, say, type Words } from '../../shared/errors/words.ts'
import { quotable } from '../../shared/rotation/redact.ts'
import { isTooOld, tooOld } from './versions.ts'

/** SQLSTATEs (PostgreSQL manual, appendix A). */
const bySqlState: Readonly<Record<string, ErrorCode>> = {
  '57P03': 'ServerNotReady',
  '57P01': 'ServerNotReady',
  '57P02': 'ServerNotReady',
  '25006': 'ReadOnlyServer',
  '42501': 'MissingPrivilege',
  '57014': 'TimedOut',
  '55P03': 'TimedOut',
  // What a check of passwords raises: passwordcheck and credcheck; functions registered with pg_tle; others.
  '22023': 'PasswordRejected',
  P0001: 'PasswordRejected',
  '28P01': 'PasswordRejected',
}

/** What is known beyond what a code says, by the code or by the SQLSTATE. */
const hints: Readonly<Record<string, ErrorDetails>> = {
  TimedOut: {
    likely: say`Somebody holds a lock that this needs: a long transaction that changed roles, or another run of this step.`,
    remedy: say`Let it end: pg_stat_activity and pg_blocking_pids() show it.`,
  },
  PasswordRejected: {
    likely: say`A check of passwords (passwordcheck, credcheck, pg_tle) does not allow the generated one, or none whose text it cannot see.`,
    remedy: say`Set the function's password variables to what the check asks for; where it refuses verifiers, POSTGRES_PASSWORD_FORMAT=cleartext. Then start a new rotation.`,
  },
  '53100': { likely: say`The server's disk is full.`, remedy: say`Make room on it; then a later attempt succeeds.` },
}

/** A statement that was tried, for the error that it may end in. */
export interface Attempted {
  /** What the statement was for, in a few words. */
  readonly doing: Words
  readonly login: Login
  /** Whether it was we who ended the connection. */
  readonly outOfTime: boolean
  readonly mend?: Mend | undefined
}

/** The statement that allows what was refused. @param words the server's own @param routine where in its source they stand */
export type Mend = (words: string, routine: string | undefined) => string

/** Why a statement failed. The statement itself is in no error. Gives back what is a RotationError already. */
export function statementError(error: unknown, attempted: Attempted): RotationError {
  if (error instanceof RotationError) return error
  const { doing, login, outOfTime } = attempted
  if (error instanceof DatabaseError) {
    return isTooOld(error.code) ? tooOld(address(login), undefined) : serverError(error, attempted)
  }
  const { code, message } = asError(error)
  return brokenOff(code, doing, login, outOfTime || message === 'Query read timeout', error)
}

function serverError(error: DatabaseError, attempted: Attempted): RotationError {
  const code = codeOf(error)
  const sqlState = sqlStateOf(error.code)
  const what = say`${attempted.doing} at ${address(attempted.login)} failed (${ours(sqlState)})`
  const cause = withoutStatement(error)
  if (code !== 'MissingPrivilege')
    return new RotationError(code, say`${what}.`, { ...(hints[code] ?? hints[sqlState]), cause })
  // Of the server's own words only those about privileges are passed on: they help, and hold no values.
  const said = quotable([error.message, error.detail].filter(Boolean).join('. '))
  const statement = mending(error, attempted)
  if (statement !== undefined)
    return new RotationError(code, say`${what}: ${said}.`, { remedy: say`As an administrator: ${statement};`, cause })
  return new RotationError('DatabaseFailed', say`${what}: ${said}.`, {
    likely: say`A rule of the server, an extension for example, forbids the login to change its own password.`,
    remedy: say`Have the rule admit it, or use alternating-users: there a superuser makes the change.`,
    retryable: false,
    cause,
  })
}

function codeOf({ code = '', file, routine }: DatabaseError): ErrorCode {
  // A standby refuses BEGIN READ WRITE with "feature not supported", which checks of passwords use for verifiers.
  if (code === '0A000') return routine === 'check_password' ? 'PasswordRejected' : 'ReadOnlyServer'
  // A setting's value that is none any more.
  if (code === '22023' && file === 'guc.c') return 'DatabaseFailed'
  return bySqlState[code] ?? 'DatabaseFailed'
}

function mending({ message, routine }: DatabaseError, { login, mend }: Attempted): string | undefined {
  // RDS, where rds.restrict_password_commands is on.
  if (message.includes('rds_password')) return `GRANT rds_password TO ${escapeIdentifier(login.username)}`
  return mend?.(message, routine)
}

/** The SQLSTATE, where it has the form in which servers write them; words of our own for anything else. */
export function sqlStateOf(code: string | undefined): string {
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : 'no SQLSTATE'
}

/** The fields of a server's error that quote parts of a statement or of data, or that a server may fill at will, are left out. */
export function withoutStatement({ code }: DatabaseError): Error {
  return new Error(`PostgreSQL ${sqlStateOf(code)}`)
}

/** Code and message of whatever was thrown; empty texts where it has none. */
export function asError(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: '', message: '' }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return { code, message: error.message }
}
