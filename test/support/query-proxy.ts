import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An error in the place of an answer. */
export interface QueryError {
  readonly code: string
  readonly status: number
  readonly message?: string
}

/** A proxy before moto, which ends its own connections. */
export async function startQueryProxy(
  pass: (incoming: IncomingMessage, response: ServerResponse) => Promise<unknown>,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const proxy = createServer((incoming, response) => void pass(incoming, response).catch(() => response.destroy()))
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      proxy.closeAllConnections()
      await new Promise((resolve) => proxy.close(resolve))
    },
  }
}

/** As the query protocol has it (API references of IAM and RDS, "Common Errors"). */
export function answerError(response: ServerResponse, { code, status, message = '' }: QueryError): void {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`
  response
    .writeHead(status, { 'content-type': 'text/xml' })
    .end(`<ErrorResponse>${error}<RequestId>0</RequestId></ErrorResponse>`)
}
