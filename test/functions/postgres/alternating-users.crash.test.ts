import { stepCalls } from '../../contract/calls.ts'
import { postgresServer } from '../../support/postgres.ts'
import { crashOnPostgres } from '../databases/crash.ts'
import { alternatingUsers } from './secret-types.ts'

const server = await postgresServer(18)

for (const clone of ['missing', 'existing'] as const) {
  await crashOnPostgres(server, (at) => alternatingUsers(server, clone, at), stepCalls.PostgresAlternatingUsers.usual)
}
