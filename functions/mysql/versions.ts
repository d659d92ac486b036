import { say } from '../../shared/errors/words.ts'
import type { Supported } from '../../shared/mysql-family/server-version.ts'

const common = { server: 'MySQL', tested: [9, 7] } as const

export const singleUserVersions: Supported = {
  ...common,
  oldest: [5, 7, 0],
  likely: say`ALTER USER has set passwords since MySQL 5.7.`,
  remedy: say`Upgrade the server.`,
}

export const dualPasswordVersions: Supported = {
  ...common,
  oldest: [8, 0, 14],
  likely: say`An account has had one password before MySQL 8.0.14 and Aurora MySQL 3.`,
  remedy: say`Rotate the secret with single-user, or upgrade the server.`,
}

export const alternatingUsersVersions: Supported = {
  ...common,
  oldest: [8, 0, 14],
  likely: say`The second login gets its rights as a role, which takes MySQL 8.0.14 or Aurora MySQL 3.`,
  remedy: say`Rotate the secret with single-user, or upgrade the server.`,
}
