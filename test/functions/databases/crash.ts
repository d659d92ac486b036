import { type CrashPlan, crashContract } from '../../contract/crash-runner.ts'
import { type Conversation, conversationProxy } from '../../contract/fault-proxy.ts'
import type { SecretTypeUnderTest } from '../../contract/secret-type.ts'
import type { ServerFacts } from '../../support/test-server.ts'
import { mysqlConversation } from './mysql-messages.ts'
import { postgresConversation } from './postgres-messages.ts'
import type { ServerFields } from './secret-string.ts'

/** Runs the crash cases of a kind of secret whose server is reached through a proxy that counts, without TLS. */
type CrashThroughProxy = (
  server: Pick<ServerFacts, 'port'>,
  type: (at: ServerFields) => SecretTypeUnderTest,
  calls: CrashPlan['calls'],
) => Promise<void>

export const crashOnPostgres: CrashThroughProxy = crashThrough(postgresConversation)

/** On MySQL or MariaDB. */
export const crashOnMysql: CrashThroughProxy = crashThrough(mysqlConversation)

function crashThrough(conversation: () => Conversation): CrashThroughProxy {
  return (server, type, calls) =>
    crashContract({
      calls,
      async type(gate) {
        const proxy = await conversationProxy(server.port, gate, conversation)
        return { type: type({ port: proxy.port, fields: { ssl: 'false' } }), proxy }
      },
    })
}
