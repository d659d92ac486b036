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
