import { say } from '../errors/words.ts'
import type { ServerConnection } from './connection.ts'
import type { Account } from './quoting.ts'

/** What the function must have left, so that it does not lose its time to this. */
const leastMs = 5_000

/** Names of views that ask who has logged in, one more than are shown. Both servers write each such function with `user()`. */
const namingLogin = `(SELECT GROUP_CONCAT(name SEPARATOR ', ') FROM (
  SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) AS name FROM information_schema.VIEWS
  WHERE TABLE_SCHEMA NOT IN ('sys', 'mysql', 'information_schema', 'performance_schema')
    AND LOWER(VIEW_DEFINITION) LIKE '%user()%' LIMIT 3) AS views)`

/**
 * Notes what the clone has created: it runs with the clone's rights, the base can't change all of it, and dropping the clone
 * would break it; and views to which the two are not the same. To know that is worth little time, and no failure.
 * @param accounts all of the clone
 */
export async function noteDefined(connection: ServerConnection, accounts: readonly Account[]): Promise<void> {
  const { context } = connection
  const [first] = accounts
  const definers = accounts.map(({ user, host }) => `${user}@${host}`)
  if (first === undefined || context.remainingMs() < leastMs) return
  const count = (table: string) =>
    `(SELECT COUNT(*) FROM information_schema.${table} WHERE DEFINER IN (${definers.map(() => '?').join(', ')}))`
  const tables = ['VIEWS', 'ROUTINES', 'TRIGGERS', 'EVENTS']
  // The one is MariaDB's way to say for how long it may take (seconds), the other MySQL's (ms), which MariaDB passes over.
  const limit = connection.version.includes('MariaDB') ? 'SET STATEMENT max_statement_time = 2 FOR ' : ''
  const sql = `${limit}SELECT /*+ MAX_EXECUTION_TIME(2000) */ ${tables.map(count).join(' + ')} AS defined, ${namingLogin} AS naming`
  const values = tables.flatMap(() => definers)
  const [row] = await connection
    .read<{ defined: unknown; naming: unknown }>(say`counting what ${first.user} has created`, sql, values)
    .catch(() => [])
  const defined = Number(row?.defined ?? 0)
  if (defined > 0) context.did(say`${first.user} is the definer of ${defined} views, routines, triggers or events`)
  if (typeof row?.naming === 'string')
    context.did(say`found views that ask who has logged in, which differs between the two logins: ${row.naming}`)
}
