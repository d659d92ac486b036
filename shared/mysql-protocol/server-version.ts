import type { ServerConnection } from '../../shared/mysql-protocol/connection.ts'

/**
 * Whether a server is of a version or newer. VERSION() is `8.0.36`, `9.7.4-2`; one that does not say the third number
 * (`8.0.mysql_aurora.3.08.0`) is taken for new enough: then it is the server that refuses.
 */
export function isAtLeast({ version }: Pick<ServerConnection, 'version'>, wanted: readonly [number, number, number]) {
  const [, ...numbers] = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(version) ?? []
  for (const [index, least] of wanted.entries()) {
    const number = numbers[index] === undefined ? Number.POSITIVE_INFINITY : Number(numbers[index])
    if (number !== least) return number > least
  }
  return true
}
