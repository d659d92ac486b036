import { type CrashPlan, crashContract } from '../../contract/crash-runner.ts'
import { mysqlProxy, postgresProxy } from '../../contract/fault-proxy.ts'
import type { SecretTypeUnderTest } from '../../contract/secret-type.ts'
import type { ServerFacts } from '../../support/test-server.ts'
import type { ServerFields } from './secret-string.ts'

/** Runs the crash cases of a kind of secret whose server is reached through a proxy that counts, without TLS. */
type CrashThroughProxy = (
  server: Pick<ServerFacts, 'port'>,
  type: (at: ServerFields) => SecretTypeUnderTest,
  calls: CrashPlan['calls'],
) => Promise<void>

export const crashOnPostgres: CrashThroughProxy = crashThrough(postgresProxy)

/** On MySQL or MariaDB. */
export const crashOnMysql: CrashThroughProxy = crashThrough(mysqlProxy)

function crashThrough(proxyFor: typeof mysqlProxy): CrashThroughProxy {
  return (server, type, calls) =>
    crashContract({
      calls,
      async type(gate) {
        const proxy = await proxyFor(server.port, gate)
        return { type: type({ port: proxy.port, fields: { ssl: 'false' } }), proxy }
      },
    })
}
