import { Socket } from 'node:net'
import { createConnection, type RowDataPacket } from 'mysql2'
import type { Login } from '../database/secret.ts'
import { RotationError } from '../errors/rotation-error.ts'
import { say, type Words } from '../errors/words.ts'
import type { RotationContext } from '../rotation/context.ts'
import { connectError, numberOf, otherUser, statementError } from './errors.ts'
import { guardParser } from './parser-guard.ts'
import type { Account } from './quoting.ts'
import { timeLimits } from './time-limits.ts'
import { keepTlsCode } from './tls-code.ts'
import { tlsOptions } from './tls-options.ts'

/** As long as AWS's functions wait for a connection. */
const connectTimeoutMs = 5_000

const goodbyeMs = 500

/** One login at a server that speaks MySQL's protocol: MySQL or MariaDB. */
export interface ServerConnection {
  readonly login: Login
  /** As the server says it: `9.7.4`, `10.11.14-MariaDB-...`. */
  readonly version: string
  /** The account that the server chose for the login: of its name, and of one of the hosts. */
  readonly account: Account
  /** Whether the server takes no changes (read_only, innodb_read_only). */
  readonly readOnly: boolean
  /** On how many hosts the session's own name has an account, as far as it may know: ordinary accounts see themselves. */
  readonly ownAccounts: number
  /** MariaDB's max_password_errors: so many wrong passwords in a row, and the account is locked out. */
  readonly lockedAfter: number
  /**
   * Runs one statement. Values stand for the question marks in it.
   * @param doing what it is for, in a few words: "changing the password of app"
   * @throws RotationError without the statement
   */
  run<Row = Record<string, unknown>>(doing: Words, sql: string, values?: readonly unknown[]): Promise<Row[]>
  /** The same, where some errors are answers, too. @returns the number of the server's error, if it is one of `expected` */
  attempt(doing: Words, sql: string, expected: readonly number[]): Promise<number | undefined>
  /** Ends the connection; never throws. */
  close(): Promise<void>
}

/**
 * Logs in once, without repeating anything. Quoting in later statements is safe: see quoting.ts.
 * @throws RotationError LoginRefused only where the server said that name and password are wrong
 */
export async function connect(login: Login, context: RotationContext): Promise<ServerConnection> {
  const { username: user, password, host, port, tls } = login
  const socket = new Socket()
  const remainingMs = Math.max(1, context.remainingMs())
  const connectTimeout = Math.min(connectTimeoutMs, remainingMs)
  const name = tls === false ? host : tls.serverName
  let reached = false
  socket.once('connect', () => {
    reached = true
    // mysql2 verifies the name that it takes for the host, and none at all where that is an address: then Node takes what
    // the socket calls its host. Our own socket goes where the secret says, so the two can differ; and it is told only
    // now, since looking up a name writes the same field.
    Object.assign(socket, { _host: name })
  })
  const ssl = tls === false ? undefined : await tlsOptions(tls.caBundle)
  socket.setNoDelay(true).connect({ host, port })
  const connection = createConnection({
    ...{ user, password, host: name, port, connectTimeout, stream: () => socket, ...(ssl && { ssl }) },
    ...(login.database !== undefined && { database: login.database }),
    ...{ charset: 'utf8mb4', flags: ['-LOCAL_FILES'], connectAttributes: { program_name: 'keyturn' } },
    // Numbers as text, or those beyond 2^53 would lose digits; dates are never looked at.
    ...{ supportBigNumbers: true, bigNumberStrings: true, dateStrings: true },
  })
  // An error between two statements belongs to nobody; without a listener it would end the process.
  connection.on('error', () => undefined)
  guardParser(connection, () => socket.destroy())
  const tlsCode = keepTlsCode(connection)
  // mysql2 reads what comes with an answer in the server's own character set, though it comes in that of the session; and
  // bundles do without the tables of the East Asian ones.
  connection.on('connect', () => Object.assign(connection, { serverEncoding: 'utf8' }))
  const abort = () => socket.destroy()
  context.signal.addEventListener('abort', abort, { once: true })
  let closed: Promise<void> | undefined
  const close = () => {
    closed ??= end()
    return closed
  }
  const end = async () => {
    context.signal.removeEventListener('abort', abort)
    // A server that hangs must not hold the step: Lambda waits for nothing that is still open, and neither do we.
    const goodbye = new Promise<void>((resolve) => connection.end(() => resolve()))
    await Promise.race([goodbye, context.sleep(goodbyeMs)])
    connection.destroy()
    socket.destroy()
  }
  const query = (sql: string, values: readonly unknown[]) =>
    new Promise<unknown>((resolve, reject) => {
      const timeout = Math.max(1, Math.floor(context.remainingMs()))
      connection.query({ sql, timeout }, [...values], (error, rows) => (error ? reject(error) : resolve(rows)))
    })
  // Waiting for a lock ends before we do: a statement that begins later gets less time. What reads may go on without us;
  // and SHOW WARNINGS must follow what it is about.
  let limitedUntilMs = 0
  const limit = async (further = '') => {
    const remainingMs = Math.max(1, context.remainingMs())
    const { sql, validMs } = timeLimits(remainingMs)
    await query(`SET ${further}${sql}`, [])
    limitedUntilMs = remainingMs - validMs
  }
  const limited = async (sql: string, values: readonly unknown[]) => {
    if (context.remainingMs() < limitedUntilMs && !/^(SELECT|SHOW) /.test(sql)) await limit()
    return query(sql, values)
  }
  const failed = (error: unknown, doing: Words) => statementError(error, doing, login, context.signal.aborted)

  try {
    await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())))
  } catch (error) {
    const { stream } = connection as unknown as { stream: { encrypted?: boolean } }
    const encrypted = stream.encrypted === true
    connection.destroy()
    socket.destroy()
    context.signal.removeEventListener('abort', abort)
    throw connectError(error, login, { reached, encrypted, tlsCode: tlsCode() })
  }
  try {
    await limit(settings)
    const [about] = (await query(aboutServer, [])) as RowDataPacket[]
    const account = accountOf(String(about?.account))
    if (account.user !== user) throw otherUser(login, account.user)
    return {
      ...{ login, account, version: String(about?.version) },
      readOnly: [about?.readOnly, about?.engineReadOnly].some((value) => !['0', 'OFF'].includes(String(value))),
      ownAccounts: Number(about?.ownAccounts ?? 1),
      lockedAfter: Number(about?.lockedAfter ?? Number.POSITIVE_INFINITY),
      async run<Row>(doing: Words, sql: string, values: readonly unknown[] = []) {
        try {
          const rows = await limited(sql, values)
          return (Array.isArray(rows) ? rows : []) as Row[]
        } catch (error) {
          throw failed(error, doing)
        }
      },
      async attempt(doing, sql, expected) {
        try {
          await limited(sql, [])
          return undefined
        } catch (error) {
          const number = numberOf(error)
          if (number !== undefined && expected.includes(number)) return number
          throw failed(error, doing)
        }
      },
      close,
    }
  } catch (error) {
    await close()
    throw error instanceof RotationError ? error : failed(error, say`beginning a session`)
  }
}

/** Whatever the server or an init_connect has set must not decide what our quoting, or the server's, means. */
const settings = "NAMES utf8mb4, SESSION sql_mode = '', SESSION sql_quote_show_create = 1, "

const ownName = "LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER()) - INSTR(REVERSE(CURRENT_USER()), '@'))"
/** How MariaDB writes quotes and backslashes in a name there depends on its patch level. */
const bare = (text: string) => `REPLACE(REPLACE(${text}, "'", ''), '\\\\', '')`

/**
 * A reader of Aurora says so by innodb_read_only alone (Aurora User Guide, "Connecting to an Amazon Aurora DB cluster").
 * What stands in /*!80021 is for MySQL from 8.0.21 on alone, what stands in /*M!100402 for MariaDB from 10.4.2 on.
 */
const aboutServer = `SELECT VERSION() AS version, CURRENT_USER() AS account,
  @@GLOBAL.read_only AS readOnly, @@GLOBAL.innodb_read_only AS engineReadOnly
  /*!80021 , (SELECT COUNT(*) FROM information_schema.USER_ATTRIBUTES WHERE USER = ${ownName}) AS ownAccounts */
  /*M!100402 , @@GLOBAL.max_password_errors AS lockedAfter,
    (SELECT COUNT(DISTINCT GRANTEE) FROM information_schema.USER_PRIVILEGES
      WHERE ${bare('GRANTEE')} LIKE '%@_%'
        AND LEFT(${bare('GRANTEE')}, CHAR_LENGTH(${bare(ownName)}) + 1) = CONCAT(${bare(ownName)}, '@')) AS ownAccounts */`

/** CURRENT_USER() is a name and a host; only the name may have an @ in it. */
function accountOf(currentUser: string): Account {
  const at = currentUser.lastIndexOf('@')
  return { user: currentUser.slice(0, at), host: currentUser.slice(at + 1) }
}
