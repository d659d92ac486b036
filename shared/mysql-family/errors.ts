import type { QueryError } from 'mysql2'
import { brokenOff, networkError, tlsUnavailable } from '../database/network-error.ts'
import { address, type Login } from '../database/secret.ts'
import { type ErrorDetails, RotationError } from '../errors/rotation-error.ts'
import { ours, say, type Words } from '../errors/words.ts'
import { quotable } from '../rotation/redact.ts'
import { loginHint, statementHints } from './error-hints.ts'
import { codeOf } from './error-numbers.ts'

/**
 * Why a login failed. Nothing but a refused password gives LoginRefused. Before the login is complete nobody knows who is
 * speaking: of what was said only the number is passed on.
 * @param how whether the TCP connection, and TLS in it, had come about, and what TLS failed with
 */
export function connectError(
  error: unknown,
  login: Login,
  how: { readonly reached: boolean; readonly encrypted: boolean; readonly tlsCode: string | undefined },
): RotationError {
  const { reached, encrypted, tlsCode } = how
  const where = address(login)
  const { code, errno, message } = facts(error)
  // A server learns the user's name only within TLS: before that somebody else says that the login is refused.
  const isUnproven = login.tls !== false && !encrypted
  if (errno !== undefined && !(isUnproven && codeOf(errno) === 'LoginRefused')) {
    const to = login.database === undefined ? '' : ` to database ${login.database}`
    const what = say`${where} refused the login of ${login.username}${to} (${errno}).`
    const kind = errno === pluginNotLoaded ? 'LoginMethod' : codeOf(errno)
    return new RotationError(kind, what, { ...loginHint(errno, login), cause: new Error(`server error ${errno}`) })
  }
  const cause = new Error(code || 'no code')
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') return tlsUnavailable(login, cause)
  if (code === 'AUTH_SWITCH_PLUGIN_ERROR' || code === 'MYSQL_CLEAR_PASSWORD_NOT_ENABLED') {
    return loginMethod(login, message, cause)
  }
  // In clear text OpenSSL is asked for nothing but to encrypt the password to the server's key, which may be none.
  if (login.tls === false && code.startsWith('ERR_'))
    return networkError({ code: '', message: '' }, login, reached, cause)
  return networkError({ code: tlsCode ?? code, message }, login, reached, cause)
}

const pluginNotLoaded = 1524

/** Plugins of accounts that have a password, by what they are called to the client. */
const otherForms: Readonly<Record<string, string>> = { client_ed25519: 'ed25519', parsec: 'PARSEC' }

function loginMethod(login: Login, message: string, cause: Error): RotationError {
  // Who is speaking is not known yet: only a name that we know is passed on.
  const [, form] = Object.entries(otherForms).find(([plugin]) => message.includes(plugin)) ?? []
  if (form !== undefined) {
    const what = say`${address(login)} asks ${login.username} to prove its password by ${ours(form)}, which this function does not speak.`
    return new RotationError('LoginMethod', what, {
      likely: say`The account keeps its password by that plugin, or lists it before mysql_native_password.`,
      remedy: say`As an administrator: ALTER USER ... IDENTIFIED VIA mysql_native_password USING PASSWORD('...');`,
      cause,
    })
  }
  return new RotationError('LoginMethod', say`${address(login)} does not ask ${login.username} for a password.`, {
    likely: say`The account logs in by another plugin than a password that the server itself keeps.`,
    remedy: say`Give it a password (SHOW CREATE USER shows its plugin), or do not rotate it.`,
    cause,
  })
}

/** Why else a login may be refused, beside what the catalogue says. */
export function whyRefused({ tls }: Pick<Login, 'tls'>): ErrorDetails {
  const require =
    tls === false
      ? 'the account asks for TLS (REQUIRE SSL or X509), which "ssl": false rules out'
      : 'the account asks for a certificate of the client (REQUIRE X509, SUBJECT or ISSUER), which the function has not'
  return {
    likely: ours(
      `The password was changed, by hand or by another secret of the same user; or there is no such user at this host (the function's); or ${require}; or the account logs in by a plugin that takes no password (auth_socket, unix_socket); or it has two passwords on MariaDB, and wrong ones have locked it (max_password_errors).`,
    ),
  }
}

/** The server has let in somebody else: a proxied user, or an anonymous account. To change that one would be wrong. */
export function otherUser(login: Login, found: string): RotationError {
  if (found === '' || found === 'skip-grants user') {
    const what = say`${address(login)} lets ${login.username} in without having looked it up.`
    return new RotationError('LoginMethod', what, {
      likely: say`The server runs with skip-grant-tables: it lets everybody in, and changes no account. Or an anonymous account stands before the login.`,
      remedy: say`Start the server without skip-grant-tables; drop anonymous accounts with DROP USER ''@'their host'.`,
    })
  }
  const what = say`${address(login)} makes ${login.username} another user when it logs in.`
  return new RotationError('LoginMethod', what, {
    likely: say`The login is a proxy, or an anonymous account stands before its own.`,
    remedy: say`Give the login an account of its own name; drop anonymous ones with DROP USER ''@'their host'.`,
  })
}

/** For a privilege that no place of ours foresees: a place that does has a `mend` instead. */
const grantWhatIsNamed: ErrorDetails = {
  remedy: say`As an administrator: GRANT what the server's words name: GRANT ... ON ... TO the login; then rotate again.`,
}

/** ER_SPECIFIC_ACCESS_DENIED_ERROR, which names the privileges that are missing. */
const specificAccessDenied = 1227

/** Where it is not a login, MariaDB refuses GRANT and REVOKE with the numbers of a wrong password. */
const refusedStatement = new Set([1045, 1698])

/**
 * Why a statement failed. The statement itself is in no error: mysql2 has it in `sql`, and in the message of a syntax error.
 * @param doing what the statement was for, in a few words
 * @param outOfTime whether it was we who ended the connection
 * @param mend what an administrator is to run, where a privilege is missing
 */
export function statementError(
  error: unknown,
  doing: Words,
  login: Login,
  outOfTime: boolean,
  mend?: (lacks: string | undefined) => Words | string,
): RotationError {
  const { code, errno, message } = facts(error)
  if (errno === undefined) {
    const timedOut = outOfTime || code === 'PROTOCOL_SEQUENCE_TIMEOUT'
    return brokenOff(code, doing, login, timedOut, new Error(code || 'no code'))
  }
  const kind = refusedStatement.has(errno) ? 'MissingPrivilege' : codeOf(errno)
  // Of the server's own words only those about privileges are passed on: they help, and hold no values.
  const words = kind === 'MissingPrivilege' ? `: ${quotable(message)}` : ''
  // MariaDB gives up waiting also when the change is made already: nothing is said of that.
  const ended = kind === 'TimedOut' ? ours('waited too long') : ours('failed')
  return new RotationError(kind, say`${doing} at ${address(login)} ${ended} (${errno})${words}.`, {
    ...(kind !== 'MissingPrivilege' ? statementHints[errno] : grantWhatIsNamed),
    ...(kind === 'MissingPrivilege' && mend && { remedy: say`As an administrator: ${mend(lackedIn(errno, message))}` }),
    cause: new Error(`server error ${errno}`),
  })
}

/** Texts of the server are in its own language; the names of privileges in them are not. */
function lackedIn(errno: number, message: string): string | undefined {
  return errno === specificAccessDenied ? /\bSYSTEM_USER\b/.exec(message)?.[0] : undefined
}

/** The number of the server's error underneath, where the server said what was wrong. */
export function numberOf(error: unknown): number | undefined {
  return facts(error).errno
}

/** What is known of an error: of these a cause is made, since the driver's own has fields that quote the statement. */
function facts(error: unknown): { code: string; errno: number | undefined; message: string } {
  if (!(error instanceof Error)) return { code: '', errno: undefined, message: '' }
  const { code, errno, sqlState } = error as Partial<QueryError> & { sqlState?: unknown }
  // Node's own errors have a number, too; only the server's have an SQLSTATE.
  const fromServer = typeof errno === 'number' && errno > 0 && sqlState !== undefined
  return {
    code: typeof code === 'string' && /^[\w.-]{1,64}$/.test(code) ? code : '',
    errno: fromServer ? errno : undefined,
    message: error.message,
  }
}
