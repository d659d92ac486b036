import { type AddressInfo, connect, createServer } from 'node:net'

/**
 * A proxy in front of a PostgreSQL that says another version at the login, as poolers may.
 * @param as of the same length: the message says how long it is
 */
export async function renamedServer(
  { host, port }: { readonly host: string; readonly port: number },
  { version, as }: { readonly version: string; readonly as: string },
): Promise<{ readonly port: number } & AsyncDisposable> {
  const [real, said] = [version, as].map((text) => `server_version\0${text}\0`) as [string, string]
  if (real.length !== said.length) throw new Error(`${as} is not as long as ${version}`)
  const proxy = createServer((client) => {
    const server = connect(port, host)
    client.on('error', () => server.destroy()).pipe(server)
    server
      .on('error', () => client.destroy())
      .on('data', (chunk: Buffer) => client.write(chunk.toString('latin1').replace(real, said), 'latin1'))
      .on('end', () => client.end())
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => proxy.once('listening', resolve))
  return {
    port: (proxy.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      proxy.close()
    },
  }
}
