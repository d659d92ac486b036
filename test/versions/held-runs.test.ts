import { conversationProxy } from '../contract/fault-proxy.ts'
import { heldRunsContract } from '../contract/held-runs.ts'
import type { SecretTypeUnderTest } from '../contract/secret-type.ts'
import { mysqlConversation } from '../functions/databases/mysql-messages.ts'
import { postgresConversation } from '../functions/databases/postgres-messages.ts'
import type { ServerFields } from '../functions/databases/secret-string.ts'
import * as mariadb from '../functions/mariadb/secret-types.ts'
import * as mysql from '../functions/mysql/secret-types.ts'
import * as postgres from '../functions/postgres/secret-types.ts'
import { mariadbServer, mysqlServer } from '../support/mysql.ts'
import { postgresServer } from '../support/postgres.ts'
import type { ServerFacts } from '../support/test-server.ts'

function heldRuns(
  { port }: Pick<ServerFacts, 'port'>,
  conversation: typeof mysqlConversation,
  type: (at: ServerFields) => SecretTypeUnderTest,
): Promise<void> {
  return heldRunsContract(async (gate) => {
    const proxy = await conversationProxy(port, gate, conversation)
    return { type: type({ port: proxy.port, fields: { ssl: 'false' } }), proxy }
  })
}

const onPostgres = await postgresServer(18)
await heldRuns(onPostgres, postgresConversation, (at) => postgres.singleUser(onPostgres, at))
for (const clone of ['missing', 'existing'] as const)
  await heldRuns(onPostgres, postgresConversation, (at) => postgres.alternatingUsers(onPostgres, clone, at))

for (const { server, singleUser, dualPassword, alternatingUsers } of [
  { server: await mysqlServer(), ...mysql },
  { server: await mariadbServer('11.8'), ...mariadb },
]) {
  await heldRuns(server, mysqlConversation, (at) => singleUser(server, at))
  for (const by of ['itself', 'a superuser'] as const)
    await heldRuns(server, mysqlConversation, (at) => dualPassword(server, by, at))
  for (const clone of ['missing', 'existing'] as const)
    await heldRuns(server, mysqlConversation, (at) => alternatingUsers(server, clone, at))
}
