import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { suiteFor } from '../../contract/suite.ts'
import { postgresServer } from '../../support/postgres.ts'
import { alternatingUsers } from './secret-types.ts'

const server = await postgresServer(18)

/** A way to the server on which the end of a connection comes late: how many are open, and were at most. */
async function lateEnds(byMs: number) {
  const count = { open: 0, most: 0 }
  const proxy = createServer({ allowHalfOpen: true }, (client) => {
    count.most = Math.max(count.most, ++count.open)
    const upstream = connect({ port: server.port, host: server.host, allowHalfOpen: true })
    for (const socket of [client, upstream]) socket.on('error', () => undefined).setNoDelay()
    client.pipe(upstream)
    upstream.on('data', (chunk) => client.write(chunk))
    upstream.on('close', async () => {
      await sleep(byMs)
      count.open--
      client.end()
    })
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return { count, port: (proxy.address() as AddressInfo).port, [Symbol.dispose]: () => void proxy.close() }
}

describe('a server that is slow to end a session', { meta: { server: server.label } }, () => {
  it('holds up no step, and never has two sessions of a function', async () => {
    using way = await lateEnds(400)
    const type = alternatingUsers(server, 'missing', { port: way.port, fields: { ssl: 'false' } })
    const suite = await suiteFor(type)
    await using _ = suite.secrets
    const target = await suite.stored()
    const rotation = await suite.secrets.begin(target.secretId)
    await rotation.run('createSecret')
    for (const step of ['setSecret', 'testSecret'] as const) {
      await rotation.run(step)
      expect([step, way.count.open]).toEqual([step, 1])
    }
    await rotation.run('finishSecret')
    expect(way.count.most).toBe(1)
    await expect.poll(() => way.count.open).toBe(0)
  })
})
