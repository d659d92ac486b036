import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** A proxy before a host, which can refuse, count and cut connections. */
export interface Door extends AsyncDisposable {
  readonly port: number
  /** How many connections have come. */
  connections(): number
  /** How many there were at once, at the most. */
  most(): number
  /** Stops listening. */
  close(): Promise<void>
  open(): Promise<void>
  /** Ends each further connection when it has passed so many bytes on to the host; undefined for never. */
  cutAfter(bytes: number | undefined): void
  /** Holds further connections until the promise resolves; undefined holds none. */
  holdUntil(moment: Promise<void> | undefined): void
  /** How many connections are held. */
  holding(): number
}

export async function doorTo(port: number): Promise<Door> {
  const sockets = new Set<Socket>()
  const counts = { all: 0, now: 0, most: 0 }
  let limit: number | undefined
  let hold: Promise<void> | undefined
  let held = 0
  function pass(client: Socket) {
    counts.all++
    counts.most = Math.max(counts.most, ++counts.now)
    client.once('close', () => counts.now--)
    const host = connect(port, '127.0.0.1')
    if (hold !== undefined) {
      held++
      client.pause()
      void hold.then(() => client.resume())
    }
    for (const [one, other] of [
      [client, host],
      [host, client],
    ] as const) {
      sockets.add(one)
      one.setNoDelay().on('error', () => undefined)
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
    let passed = 0
    const most = limit
    client.on('data', (chunk: Buffer) => {
      const rest = most === undefined ? chunk.length : Math.max(0, most - passed)
      passed += chunk.length
      host.write(chunk.subarray(0, rest))
      if (rest < chunk.length) client.destroy()
    })
    host.pipe(client)
  }
  let server: Server | undefined = createServer(pass).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: own } = server.address() as AddressInfo
  async function close() {
    const ending = server
    server = undefined
    if (ending === undefined) return
    ending.close()
    for (const socket of sockets) socket.destroy()
    await once(ending, 'close')
  }
  return {
    port: own,
    connections: () => counts.all,
    most: () => counts.most,
    close,
    async open() {
      server = createServer(pass).listen(own, '127.0.0.1')
      await once(server, 'listening')
    },
    cutAfter(bytes) {
      limit = bytes
    },
    holdUntil(moment) {
      hold = moment
    },
    holding: () => held,
    [Symbol.asyncDispose]: close,
  }
}
