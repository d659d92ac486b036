import { say } from '../../shared/errors/words.ts'
import type { Supported } from '../../shared/mysql-family/server-checks.ts'

/** The versions of MariaDB that all strategies work on. */
export const versions: Supported = {
  server: 'MariaDB',
  oldest: [10, 5, 0],
  tested: [11, 8],
  likely: say`How accounts are kept, and what is shown of them, was another thing in older series.`,
  remedy: say`Upgrade the server to a series that MariaDB still looks after.`,
}
