import { type CrashPlan, crashContract } from '../../contract/crash-runner.ts'
import { mysqlProxy } from '../../contract/fault-proxy.ts'
import type { SecretTypeUnderTest } from '../../contract/secret-type.ts'
import type { TestServer } from '../../support/mysql.ts'
import type { ServerFields } from './secret-types.ts'

/** Runs the crash cases of a kind of secret whose server is reached through a proxy that counts, without TLS. */
export async function crashThroughProxy(
  server: TestServer,
  type: (at: ServerFields) => SecretTypeUnderTest,
  calls: CrashPlan['calls'],
): Promise<void> {
  await crashContract({
    calls,
    async type(gate) {
      const proxy = await mysqlProxy(server.port, gate)
      return { type: type({ port: proxy.port, fields: { ssl: 'false' } }), proxy }
    },
  })
}
