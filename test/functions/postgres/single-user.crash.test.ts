import { postgresServer } from '../../support/postgres.ts'
import { crashOnPostgres } from '../databases/crash.ts'
import { singleUser } from './secret-types.ts'

const server = await postgresServer(18)

await crashOnPostgres(server, (at) => singleUser(server, at), {
  createSecret: 4,
  setSecret: 5,
  testSecret: 3,
  finishSecret: 2,
})
