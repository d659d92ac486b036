import { startApiKeyDemo } from './api-key/provider.ts'
import { startIamDemo } from './iam.ts'
import { startMariadbDemo, startMysqlDemo } from './mysql.ts'
import { startOauthDemo } from './oauth/provider.ts'
import { startPostgresDemo } from './postgres.ts'
import { startSshDemo } from './ssh.ts'
import type { DemoTarget } from './target.ts'

/** The targets, by their folder in functions/, which is also the word of the command line. */
export const targets: Readonly<Record<string, () => Promise<DemoTarget>>> = {
  postgres: startPostgresDemo,
  mysql: startMysqlDemo,
  mariadb: startMariadbDemo,
  ssh: startSshDemo,
  'api-key': startApiKeyDemo,
  iam: startIamDemo,
  oauth: startOauthDemo,
}

/** Folders whose secrets nobody can log in with on a laptop: nothing of a rotation can be seen from outside. */
export const nothingToSee: readonly string[] = ['generated-value', 'transfer']
