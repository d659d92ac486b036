import { createHash } from 'node:crypto'
import type { RowDataPacket } from 'mysql2'
import { address, type Login } from '../database/secret.ts'
import { RotationError } from '../errors/rotation-error.ts'
import { ours, say, type Words } from '../errors/words.ts'
import type { RotationContext } from '../rotation/context.ts'
import { logIn } from './driver.ts'
import { numberOf, otherUser, statementError } from './errors.ts'
import type { Mend } from './mend.ts'
import { type Account, accountName } from './quoting.ts'
import { timeLimiter } from './time-limits.ts'

/**
 * One login at a server that speaks MySQL's protocol: MySQL or MariaDB. `doing` says in a few words what a statement is for
 * ("changing the password of app"), and `mend` what an administrator is to run where a privilege is missing. Every method
 * throws RotationError, without the statement.
 */
export interface ServerConnection {
  readonly login: Login
  /** Of the invocation that has logged in: its deadline bounds every statement. */
  readonly context: RotationContext
  /** As the server says it: `9.7.4`, `10.11.14-MariaDB-...`. */
  readonly version: string
  /** The account that the server chose for the login: of its name, and of one of the hosts. */
  readonly account: Account
  /** Whether the server takes no changes (read_only, innodb_read_only). */
  readonly readOnly: boolean
  /** On how many hosts the session's own name has an account, as far as it can see: ordinary accounts see only themselves. */
  readonly ownAccounts: number
  /** MariaDB's max_password_errors: so many wrong passwords in a row, and the account is locked out. */
  readonly lockedAfter: number
  /** Asks for rows: SELECT. Values stand for the question marks in it. */
  read<Row>(doing: Words, sql: string, values?: readonly unknown[], mend?: Mend): Promise<Row[]>
  /** Asks for the only column of SHOW GRANTS or SHOW CREATE USER, whose name has the account in it. */
  show(doing: Words, sql: string, mend?: Mend): Promise<string[]>
  /** Changes something. */
  change(doing: Words, sql: string, mend?: Mend): Promise<void>
  /** The same, where some errors are answers, too. @returns the number of the server's error, if it is one of `expected` */
  attempt(doing: Words, sql: string, expected: readonly number[], mend?: Mend): Promise<number | undefined>
  /**
   * Waits until no other run looks at the accounts of a name and changes them, and keeps others waiting until the
   * connection ends, however it ends. Throws TimedOut.
   */
  lock(user: string): Promise<void>
  /** Logs in once more, by a login that differs in some fields. Throws as `connect` does. */
  connectAs(changed: Partial<Login>): Promise<ServerConnection>
  /** Ends the connection; never throws. */
  close(): Promise<void>
}

/**
 * Logs in once, without repeating anything. Quoting in later statements is safe: see quoting.ts.
 * @throws RotationError LoginRefused only where the server said that name and password are wrong
 */
export async function connect(login: Login, context: RotationContext): Promise<ServerConnection> {
  const driver = await logIn(login, context)
  const limit = timeLimiter(driver, context)
  let me = ''
  const failed = (error: unknown, doing: Words, mend?: Mend) =>
    statementError(error, doing, login, context.signal.aborted, mend && ((lacks) => mend(me, lacks)))
  async function read<Row>(doing: Words, sql: string, values: readonly unknown[] = [], mend?: Mend): Promise<Row[]> {
    try {
      const rows = await driver.query(sql, values)
      return (Array.isArray(rows) ? rows : []) as Row[]
    } catch (error) {
      throw failed(error, doing, mend)
    }
  }
  async function attempt(doing: Words, sql: string, expected: readonly number[], mend?: Mend) {
    try {
      await limit()
      await driver.query(sql)
      return undefined
    } catch (error) {
      const number = numberOf(error)
      if (number !== undefined && expected.includes(number)) return number
      throw failed(error, doing, mend)
    }
  }
  try {
    await limit(settings)
    const [about] = (await driver.query(aboutServer)) as RowDataPacket[]
    const account = accountOf(String(about?.account))
    me = accountName(account)
    if (account.user !== login.username) throw otherUser(login, account.user)
    return {
      login,
      context,
      account,
      version: String(about?.version),
      readOnly: [about?.readOnly, about?.engineReadOnly].some((value) => !['0', 'OFF'].includes(String(value))),
      ownAccounts: Number(about?.ownAccounts ?? 1),
      lockedAfter: Number(about?.lockedAfter ?? Number.POSITIVE_INFINITY),
      read,
      async show(doing, sql, mend) {
        const rows = await read<object>(doing, sql, [], mend)
        return rows.map((row) => String(Object.values(row)[0]))
      },
      change: async (doing, sql, mend) => void (await attempt(doing, sql, [], mend)),
      attempt,
      lock: (user) => takeLock({ login, context, read }, user),
      connectAs: (changed) => connect({ ...login, ...changed }, context),
      close: driver.close,
    }
  } catch (error) {
    await driver.close()
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

const longestWaitSeconds = 10

async function takeLock({ login, context, read }: Pick<ServerConnection, 'login' | 'context' | 'read'>, user: string) {
  // Names of locks have 64 characters at the most (MySQL manual, "Locking Functions").
  const lock = `keyturn.${createHash('sha256').update(user).digest('hex').slice(0, 40)}`
  const seconds = Math.min(longestWaitSeconds, Math.max(0, Math.floor(context.remainingMs() / 1000) - 1))
  const doing = say`waiting for other rotations of ${user}`
  const [row] = await read<{ got: unknown }>(doing, `SELECT GET_LOCK(?, ${seconds}) AS got`, [lock]).catch(
    (error: unknown) => {
      // Some versions of Galera have no such locks (MDEV-31325). MariaDB's statements can all be repeated, by two at once, too.
      if (error instanceof RotationError && error.code === 'DatabaseFailed') return [{ got: 1 }]
      throw error
    },
  )
  if (String(row?.got) === '1') return
  throw new RotationError('TimedOut', say`Another rotation is changing ${user} at ${address(login)}.`, {
    likely: say`Another run of this step, which is at work or was killed a moment ago, holds the lock of that name.`,
    remedy: say`Nothing, if a later attempt succeeds; else SELECT IS_USED_LOCK('${ours(lock)}') gives the session to KILL.`,
  })
}
