import { createServer as createHttpServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { FaultGate } from './fault-gate.ts'
import { type PostgresMessage, postgresMessages } from './postgres-messages.ts'

export interface FaultProxy extends AsyncDisposable {
  readonly port: number
  readonly url: string
}

/** In front of Secrets Manager: every request is a call. */
export async function secretsManagerProxy(endpoint: string, gate: FaultGate): Promise<FaultProxy> {
  async function answer(incoming: IncomingMessage, response: ServerResponse) {
    const body = await wholeBody(incoming)
    const call = gate.arrive(String(incoming.headers['x-amz-target']).replace('secretsmanager.', ''))
    if (!call.leaves()) return
    const outgoing = request(endpoint, { method: 'POST', headers: incoming.headers }).end(body)
    const given = await new Promise<IncomingMessage>((resolve) => outgoing.once('response', resolve))
    const content = await wholeBody(given)
    if (call.answers()) response.writeHead(given.statusCode ?? 500, given.headers).end(content)
  }
  const server = createHttpServer(
    (incoming, response) => void answer(incoming, response).catch(() => response.destroy()),
  )
  return listening(server, () => server.closeAllConnections())
}

/** In front of PostgreSQL, for clients without TLS: every login is a call, and every statement. */
export async function postgresProxy(port: number, gate: FaultGate): Promise<FaultProxy> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => undefined)
      one.on('close', () => other.destroy())
      one.setNoDelay()
    }
    relay(client, upstream, gate)
  })
  return listening(server, () => {
    for (const socket of sockets) socket.destroy()
  })
}

/** A client sends one call at a time and waits for ReadyForQuery, as `pg` does. */
function relay(client: Socket, upstream: Socket, gate: FaultGate) {
  let call: ReturnType<FaultGate['arrive']> | undefined
  let loggedIn = false
  let request: Buffer[] = []
  let answer: Buffer[] = []

  function fromClient({ type, bytes }: PostgresMessage) {
    // The exchange of a login (p) belongs to the login that is under way; a goodbye (X) is no call.
    if (type === 'p' || type === 'X') return void upstream.write(bytes)
    request.push(bytes)
    if (type !== 'startup' && type !== 'Q' && type !== 'S') return
    call = gate.arrive(type === 'startup' ? 'login' : 'statement')
    if (call.leaves()) for (const part of request) upstream.write(part)
    request = []
  }
  function fromServer({ type, bytes }: PostgresMessage) {
    // Until the server says that the password is right, its messages are half of a conversation.
    if (!loggedIn && type === 'R' && bytes.readInt32BE(5) !== 0) return void client.write(bytes)
    answer.push(bytes)
    const whole = type === 'Z' || (type === 'E' && !loggedIn)
    if (!whole) return
    if (type === 'Z') loggedIn = true
    if (call?.answers()) for (const part of answer) client.write(part)
    answer = []
  }
  client.on('data', postgresMessages(true, fromClient))
  upstream.on('data', postgresMessages(false, fromServer))
}

async function wholeBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function listening(server: Server, cut: () => void): Promise<FaultProxy> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      cut()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
