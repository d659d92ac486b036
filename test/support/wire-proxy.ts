import { createServer, request as sendRequest } from 'node:http'
import type { AddressInfo } from 'node:net'

/** In front of a Secrets Manager: sees what is sent, and may change what comes back. */
export async function wireProxy(on: {
  request?(operation: string, body: string): void
  answer?(text: string): string
}): Promise<{ readonly url: string; forwardTo(endpoint: string): void } & AsyncDisposable> {
  let target = ''
  const proxy = createServer(async (incoming, response) => {
    const body = await textOf(incoming)
    on.request?.(String(incoming.headers['x-amz-target']).replace('secretsmanager.', ''), body)
    const onward = sendRequest(target, { method: 'POST', headers: incoming.headers }, async (answer) => {
      const text = await textOf(answer)
      const { 'content-length': _, ...headers } = answer.headers
      response.writeHead(answer.statusCode ?? 500, headers).end(on.answer?.(text) ?? text)
    })
    onward.end(body)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
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
