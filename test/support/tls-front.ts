import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createSecureContext, TLSSocket, type TlsOptions } from 'node:tls'

const requestBytes = { postgres: 8, mysql: 36 }

/**
 * A proxy before a database that ends TLS in its own way: with certificates that no database would
 * start with, or asking for one of the client. No client gets further than TLS.
 * @param kind whose request for TLS it answers: PostgreSQL's SSLRequest, or that after the greeting of a MySQL
 * @param server the database whose greeting is passed on
 */
export async function tlsFront(
  kind: 'postgres' | 'mysql',
  server: { readonly host: string; readonly port: number },
  options: TlsOptions,
): Promise<{ readonly port: number } & AsyncDisposable> {
  const open = new Set<Socket>()
  const front = createServer((client) => {
    keep(client)
    const begin = () =>
      client.once('data', (request) => {
        // A client of MySQL begins TLS without waiting: its first message may have come along.
        client.pause().unshift(request.subarray(requestBytes[kind]))
        startTls(client)
      })
    if (kind === 'mysql') {
      const upstream = connect(server.port, server.host)
      keep(upstream)
      upstream.once('data', (greeting) => {
        client.write(greeting)
        begin()
      })
    } else begin()
  })
  function keep(socket: Socket): void {
    open.add(socket)
    socket.on('error', () => undefined).on('close', () => open.delete(socket))
  }
  function startTls(client: Socket): void {
    if (kind === 'postgres') client.write('S')
    const socket = new TLSSocket(client, {
      isServer: true,
      secureContext: createSecureContext(options),
      requestCert: options.requestCert ?? false,
      rejectUnauthorized: options.rejectUnauthorized ?? false,
    })
    socket.on('error', () => undefined)
  }
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  return {
    port: (front.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => front.close(resolve))
    },
  }
}
