import { randomBytes } from 'node:crypto'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { newKey } from '../../shared/ssh-protocol/new-key.ts'
import { publicKeyLine } from '../../shared/ssh-protocol/public-key.ts'
import { transferApi } from '../../test/support/transfer-api.ts'
import type { BenchTarget, Move } from '../target.ts'

/** The API is moto's. Its own time is most of the measured time, so only calls and round trips tell something. */
export const transfer: BenchTarget = {
  async start() {
    const api = await transferApi()
    let called = false
    // In between, so that it is known in which steps the API was called.
    const proxy = createServer((incoming, response) => {
      called = true
      const outgoing = request(api.url, { method: incoming.method, headers: incoming.headers }, (given) => {
        response.writeHead(given.statusCode ?? 500, given.headers)
        given.pipe(response)
      })
      incoming.pipe(outgoing)
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const { port } = proxy.address() as AddressInfo
    return {
      env: { AWS_ENDPOINT_URL_TRANSFER: `http://127.0.0.1:${port}` },
      driver: new URL('login.ts', import.meta.url).href,
      async make() {
        const key = await newKey({ name: 'ed25519' }, undefined, { randomBytes })
        const username = await api.user([publicKeyLine(key.publicKey)])
        return {
          value: { private_key: key.text, server_id: api.serverId, username },
          next: (current) => current,
          who: () => '',
          particulars: () => ({}),
        }
      },
      async record() {
        called = false
        return {
          async moves() {
            const moves: Move[] = called
              ? [
                  { session: '1', does: 'login', who: '' },
                  { session: '1', does: 'end' },
                ]
              : []
            called = false
            return moves
          },
          [Symbol.asyncDispose]: async () => undefined,
        }
      },
      async [Symbol.asyncDispose]() {
        proxy.closeAllConnections()
        await new Promise<void>((resolve) => proxy.close(() => resolve()))
        await api[Symbol.asyncDispose]()
      },
    }
  },
}
