import { createServer, type RequestListener, request as sendRequest } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** In front of a Secrets Manager: sees what is sent, and may change what comes back. */
export async function wireProxy(on: {
  request?(operation: string, body: string): void
  answer?(text: string): string
  /** Speaks HTTPS, under the name localhost. */
  readonly tls?: { readonly certificate: string; readonly key: string }
}): Promise<{ readonly url: string; forwardTo(endpoint: string): void } & AsyncDisposable> {
  let target = ''
  const pass: RequestListener = async (incoming, response) => {
    const body = await textOf(incoming)
    on.request?.(String(incoming.headers['x-amz-target']).replace('secretsmanager.', ''), body)
    const onward = sendRequest(target, { method: 'POST', headers: incoming.headers }, async (answer) => {
      const text = await textOf(answer)
      const { 'content-length': _, ...headers } = answer.headers
      response.writeHead(answer.statusCode ?? 500, headers).end(on.answer?.(text) ?? text)
    })
    onward.end(body)
  }
  const { tls } = on
  const proxy = tls === undefined ? createServer(pass) : createTlsServer({ cert: tls.certificate, key: tls.key }, pass)
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return {
    url: `${tls === undefined ? 'http://127.0.0.1' : 'https://localhost'}:${(proxy.address() as AddressInfo).port}`,
    forwardTo(endpoint) {
      target = endpoint
    },
    async [Symbol.asyncDispose]() {
      proxy.closeAllConnections()
      proxy.close()
    },
  }
}

async function textOf(message: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
