import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Certificate, selfSignedCertificate } from './certificate.ts'

export interface Heard {
  readonly method: string
  /** The path with its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

export interface Said {
  readonly status: number
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>
  readonly body?: string
}

/** What a front does to a request: it answers it itself, or cuts it off before it goes on, or after it was carried out. */
export type Spoilt =
  | Said
  | 'cut before'
  | 'cut after'
  /** No answer, and the connection stays. */
  | 'swallow before'
  | 'swallow after'
  | { readonly delayMs: number }
  /** The request is carried out at once, and answered later. */
  | { readonly lateMs: number }
  | { change(said: Said): Said }

export interface HttpsFront extends AsyncDisposable {
  /** The host with its port, as in a URL. */
  readonly host: string
  /** PEM, of its own authority. */
  readonly certificate: string
  /** How many of the next connections end before anything is said. */
  refuse: number
  /** Every request, in the order in which they came. */
  readonly heard: Heard[]
  /** Decides about each request; undefined lets it through. */
  spoil: (heard: Heard) => Spoilt | undefined | Promise<Spoilt | undefined>
}

/**
 * Ends TLS, under the name localhost, before a server on this machine that speaks plain HTTP.
 * @param port of that server
 * @param own a certificate that several fronts share: a client trusts one authority, and each certificate is its own
 */
export async function startHttpsFront(port: number, own?: Certificate): Promise<HttpsFront> {
  const { certificate, key } = own ?? (await selfSignedCertificate())
  const server = createServer({ cert: certificate, key }, (incoming, response) => {
    pass(incoming, response).catch(() => response.destroy())
  })
  server.on('connection', (socket) => {
    if (front.refuse > 0) socket.destroy()
    front.refuse = Math.max(0, front.refuse - 1)
  })
  async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = incoming
    const heard: Heard = { method, path, headers, body: await textOf(incoming) }
    front.heard.push(heard)
    const spoilt = await front.spoil(heard)
    if (spoilt === 'cut before') return void incoming.socket.destroy()
    if (spoilt === 'swallow before') return
    if (typeof spoilt === 'object' && 'status' in spoilt) return answer(response, spoilt)
    if (typeof spoilt === 'object' && 'delayMs' in spoilt) await sleep(spoilt.delayMs)
    const said = await forward(port, heard)
    if (typeof spoilt === 'object' && 'lateMs' in spoilt) await sleep(spoilt.lateMs)
    if (spoilt === 'cut after') return void incoming.socket.destroy()
    if (spoilt === 'swallow after') return
    answer(response, typeof spoilt === 'object' && 'change' in spoilt ? spoilt.change(said) : said)
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const front: HttpsFront = {
    host: `localhost:${(server.address() as AddressInfo).port}`,
    certificate,
    refuse: 0,
    heard: [],
    spoil: () => undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return front
}

async function forward(port: number, { method, path, headers, body }: Heard): Promise<Said> {
  const { host: _, 'content-length': _length, ...rest } = headers
  const outgoing = request({ host: '127.0.0.1', port, method, path, headers: { ...rest } })
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject).end(body)
  })
  return { status: incoming.statusCode ?? 500, headers: incoming.headers, body: await textOf(incoming) }
}

function answer(response: ServerResponse, { status, headers = {}, body = '' }: Said): void {
  const { 'content-length': _, 'transfer-encoding': _encoding, ...rest } = headers
  response.writeHead(status, rest).end(body)
}

async function textOf(message: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
