import { address } from '../database/secret.ts'
import { RotationError } from '../errors/rotation-error.ts'
import { ours, say, type Words } from '../errors/words.ts'
import type { ServerConnection } from './connection.ts'

/**
 * Whether a server is of a version or newer. VERSION() is `8.0.36`, `9.7.4-2`, `10.11.18-MariaDB`, through some proxies
 * `5.5.5-10.11.18-MariaDB`; one that does not say the third number (`8.0.mysql_aurora.3.08.0`) is taken for new enough:
 * then it is the server that refuses.
 */
export function isAtLeast({ version }: Pick<ServerConnection, 'version'>, wanted: readonly [number, number, number]) {
  const [, ...numbers] = /^(?:5\.5\.5-)?(\d+)\.(\d+)(?:\.(\d+))?/.exec(version) ?? []
  for (const [index, least] of wanted.entries()) {
    const number = numbers[index] === undefined ? Number.POSITIVE_INFINITY : Number(numbers[index])
    if (number !== least) return number > least
  }
  return true
}

/** Which versions of a server something is for. */
export interface Supported {
  readonly server: 'MySQL' | 'MariaDB'
  readonly oldest: readonly [number, number, number]
  /** The newest that all tests have run on. */
  readonly tested: readonly [number, number]
  /** Why older ones will not do, and what to do then. */
  readonly likely: Words
  readonly remedy: Words
}

/**
 * Before anything is tried: an administrator's statements would change some read-only servers all the same. A server that
 * is newer than what was tested is noted in the step's log line.
 * @throws RotationError ReadOnlyServer or UnsupportedServer
 */
export function checkTakesChanges(connection: ServerConnection, supported: Supported): void {
  const { login, context, readOnly } = connection
  if (readOnly)
    throw new RotationError('ReadOnlyServer', say`${address(login)} takes no changes (read_only or innodb_read_only).`)
  const { server, oldest, tested, likely, remedy } = supported
  const found = say`${ours(server)} ${/^[\w.-]{1,60}/.exec(connection.version)?.[0] ?? 'of an unknown version'}`
  if (!isAtLeast(connection, oldest)) {
    const least = oldest.join('.').replace(/\.0$/, '')
    const what = say`${address(login)} is ${found}, and this function is for ${ours(server)} ${ours(least)} and later; nothing was changed.`
    throw new RotationError('UnsupportedServer', what, { likely, remedy })
  }
  const [major, minor] = tested
  if (isAtLeast(connection, [major, minor + 1, 0]))
    context.did(say`found ${found}, newer than what was tested (${ours(tested.join('.'))})`)
}

const titles = { mysql: 'MySQL', mariadb: 'MariaDB' }

/** @throws RotationError WrongServer where it is the other one of the two */
export function checkServer(wanted: keyof typeof titles, { login, version }: ServerConnection): void {
  const found = version.includes('MariaDB') ? 'mariadb' : 'mysql'
  if (found === wanted) return
  const what = say`${address(login)} is ${ours(titles[found])} (${version}), and the function is for ${ours(titles[wanted])}.`
  throw new RotationError('WrongServer', what, {
    remedy: say`Rotate the secret with the function for ${ours(titles[found])}; its "engine" is then "${ours(found)}".`,
  })
}
