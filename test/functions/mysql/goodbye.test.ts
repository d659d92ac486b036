import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { suiteFor } from '../../contract/suite.ts'
import { mysqlServer } from '../../support/mysql.ts'
import { fourSteps } from '../../support/secrets-manager.ts'
import { dualPassword } from './secret-types.ts'

const server = await mysqlServer()
/** COM_QUIT, which is all that a client says at the end of a session. */
const quit = Buffer.from([1, 0, 0, 0, 1])

/** A way to the server on which it learns late that a session is over. */
async function lateGoodbyes(byMs: number) {
  const proxy = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: server.port, host: server.host })
    for (const socket of [client, upstream]) socket.on('error', () => undefined).setNoDelay()
    client.on('data', async (chunk) => {
      if (chunk.equals(quit)) await sleep(byMs)
      upstream.write(chunk)
    })
    upstream.pipe(client)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return { port: (proxy.address() as AddressInfo).port, [Symbol.dispose]: () => void proxy.close() }
}

describe('a server that is slow to end a session', { meta: { server: server.label } }, () => {
  it('counts no two sessions of an account that may have one', async () => {
    using way = await lateGoodbyes(150)
    const suite = await suiteFor(dualPassword(server, 'itself', { port: way.port, fields: { ssl: 'false' } }))
    await using _ = suite.secrets
    const target = await suite.stored((store) => suite.type.make(store, { options: 'WITH MAX_USER_CONNECTIONS 1' }))
    const rotation = await suite.secrets.begin(target.secretId)
    for (const step of fourSteps) {
      await rotation.run(step)
      // Each step is a process of its own on Lambda: the session of the last one has ended before the next one.
      await sleep(300)
    }
    await rotation.end()
  })
})
