import { stepCalls } from '../../contract/calls.ts'
import { postgresServer } from '../../support/postgres.ts'
import { crashOnPostgres } from '../databases/crash.ts'
import { singleUser } from './secret-types.ts'

const server = await postgresServer(18)

await crashOnPostgres(server, (at) => singleUser(server, at), stepCalls.PostgresSingleUser.usual)
