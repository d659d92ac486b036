import type { ComingChange } from '../../shared/database/engine.ts'
import { say, type Words } from '../../shared/errors/words.ts'
import type { Supported } from '../../shared/mysql-family/server-checks.ts'

const since = (oldest: Supported['oldest'], likely: Words, remedy: Words): Supported => ({
  server: 'MySQL',
  oldest,
  tested: [9, 7],
  likely,
  remedy,
})

const sinceTwoPasswords = (likely: Words) =>
  since([8, 0, 14], likely, say`Rotate the secret with single-user, or upgrade the server.`)

/** The versions of MySQL that a change works on, by its kind. */
export const versions: Readonly<Record<ComingChange['kind'], Supported>> = {
  password: since([5, 7, 0], say`ALTER USER has set passwords since MySQL 5.7.`, say`Upgrade the server.`),
  'second password': sinceTwoPasswords(say`An account has had one password before MySQL 8.0.14 and Aurora MySQL 3.`),
  clone: sinceTwoPasswords(
    say`The second login gets its rights as a role, which takes MySQL 8.0.14 or Aurora MySQL 3.`,
  ),
}
