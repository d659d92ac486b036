import { apiKey } from './api-key/target.ts'
import { mariadb } from './databases/mysql/mariadb.ts'
import { mysql } from './databases/mysql/mysql.ts'
import { postgres } from './databases/postgres/postgres.ts'
import { nowhere } from './generated-value/target.ts'
import { iam } from './iam/target.ts'
import { oauth } from './oauth/target.ts'
import { ssh } from './ssh/target.ts'
import type { BenchTarget } from './target.ts'
import { transfer } from './transfer/target.ts'

/** The targets, by their folder in functions/. */
export const targets: Readonly<Record<string, BenchTarget>> = {
  'api-key': apiKey,
  'generated-value': nowhere,
  iam,
  mariadb,
  mysql,
  oauth,
  postgres,
  ssh,
  transfer,
}
