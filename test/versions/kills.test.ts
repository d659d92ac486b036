import { stepCalls } from '../contract/calls.ts'
import { crashOnMysql, crashOnPostgres } from '../functions/databases/crash.ts'
import * as mariadb from '../functions/mariadb/secret-types.ts'
import * as postgres from '../functions/postgres/secret-types.ts'
import { mariadbServer } from '../support/mysql.ts'
import { postgresServer } from '../support/postgres.ts'

// On a further version, setSecret alone: the other steps are the same on each, and npm test kills all four of them.
const setSecretOf = ({ setSecret }: { readonly setSecret: number }) => ({ setSecret })

const onPostgres = await postgresServer(15)
await crashOnPostgres(
  onPostgres,
  (at) => postgres.singleUser(onPostgres, at),
  setSecretOf(stepCalls.PostgresSingleUser.usual),
)
await crashOnPostgres(
  onPostgres,
  (at) => postgres.alternatingUsers(onPostgres, 'missing', at),
  setSecretOf(stepCalls.PostgresAlternatingUsers.usual),
)

const [oldest, newest] = [await mariadbServer('10.5'), await mariadbServer('11.8')]
await crashOnMysql(newest, (at) => mariadb.singleUser(newest, at), setSecretOf(stepCalls.MariadbSingleUser.usual))
await crashOnMysql(newest, (at) => mariadb.dualPassword(newest, 'itself', at), stepCalls.MariadbDualPassword.byItself)
await crashOnMysql(
  oldest,
  (at) => mariadb.alternatingUsers(oldest, 'existing', at),
  stepCalls.MariadbAlternatingUsers.existingClone,
)
