import { stepCalls } from '../../contract/calls.ts'
import { mariadbServer } from '../../support/mysql.ts'
import { crashOnMysql } from '../databases/crash.ts'
import { alternatingUsers } from './secret-types.ts'

const server = await mariadbServer('11.8')

/** With something of everything that the clone has to be given, statement by statement. */
const wish = {
  hosts: ['%', '10.0.0.%'],
  options: 'REQUIRE NONE WITH MAX_USER_CONNECTIONS 20 PASSWORD EXPIRE NEVER',
  grants: ['SELECT, INSERT ON `some\\_db`.*', 'PROCESS ON *.*'],
}

await crashOnMysql(
  server,
  (at) => {
    const type = alternatingUsers(server, 'missing', at)
    return { ...type, fresh: (secrets) => type.make(secrets, wish) }
  },
  stepCalls.MariadbAlternatingUsers.withGrants,
)
