import { createServer as createHttpServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { Gate } from './fault-gate.ts'

export interface FaultProxy extends AsyncDisposable {
  readonly port: number
  readonly url: string
}

/** In front of an API of AWS that speaks JSON, Secrets Manager for instance: every request is a call. */
export async function awsProxy(endpoint: string, gate: Gate): Promise<FaultProxy> {
  async function answer(incoming: IncomingMessage, response: ServerResponse) {
    const body = await wholeBody(incoming)
    const call = gate.arrive(String(incoming.headers['x-amz-target']).replace(/^\w+\./, ''))
    if (!(await call.leaves())) return
    const outgoing = request(endpoint, { method: 'POST', headers: incoming.headers }).end(body)
    const given = await new Promise<IncomingMessage>((resolve) => outgoing.once('response', resolve))
    const content = await wholeBody(given)
    if (await call.answers()) response.writeHead(given.statusCode ?? 500, given.headers).end(content)
  }
  const server = createHttpServer(
    (incoming, response) => void answer(incoming, response).catch(() => response.destroy()),
  )
  return listening(server, () => server.closeAllConnections())
}

/**
 * How the messages of a protocol make up calls, for one connection. Both give a function that cuts a stream into messages, and
 * hands each one to `take` with its part in a call.
 */
export interface Conversation {
  /** The last part of a call has the call's name, parts of it come before; what is aside passes and is no call. */
  client(take: (bytes: Buffer, is: CallName | 'part' | 'aside') => void): (chunk: Buffer) => void
  /** The last part of an answer is its end. */
  server(take: (bytes: Buffer, is: 'part' | 'end' | 'aside') => void): (chunk: Buffer) => void
}

type CallName = 'login' | 'statement' | 'request'

/** In front of a server, for clients without TLS: every call of a conversation is one. */
export function conversationProxy(port: number, gate: Gate, conversation: () => Conversation): Promise<FaultProxy> {
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
    relay(client, upstream, gate, conversation())
  })
  return listening(server, () => {
    for (const socket of sockets) socket.destroy()
  })
}

/** A client sends one call at a time and waits for its answer. */
function relay(client: Socket, upstream: Socket, gate: Gate, conversation: Conversation) {
  let call: ReturnType<Gate['arrive']> | undefined
  let request: Buffer[] = []
  let answer: Buffer[] = []

  const fromClient = conversation.client((bytes, is) => {
    if (is === 'aside') return void upstream.write(bytes)
    request.push(bytes)
    if (is === 'part') return
    call = gate.arrive(is)
    const whole = request
    request = []
    whenGood(call.leaves(), () => {
      for (const part of whole) upstream.write(part)
    })
  })
  const fromServer = conversation.server((bytes, is) => {
    if (is === 'aside') return void client.write(bytes)
    answer.push(bytes)
    if (is === 'part') return
    const whole = answer
    answer = []
    whenGood(call?.answers() ?? false, () => {
      for (const part of whole) client.write(part)
    })
  })
  client.on('data', fromClient)
  upstream.on('data', fromServer)
}

/** Passes at once, where the decision needs no waiting. */
function whenGood(good: boolean | Promise<boolean>, pass: () => void): void {
  if (good === true) pass()
  else if (good !== false) void good.then((now) => (now ? pass() : undefined))
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
