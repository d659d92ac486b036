import { postgresServer } from '../../support/postgres.ts'
import { alternatingUsers, singleUser } from './secret-types.ts'

const server = await postgresServer(18)

/** One for each function: what it rotates when it is deployed. */
export const deployed = [singleUser(server), alternatingUsers(server, 'missing')]
