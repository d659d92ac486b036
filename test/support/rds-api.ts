import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { RDSClient } from '@aws-sdk/client-rds'
import { startMoto } from './moto.ts'

/** What RDS answers instead of what moto would; `refuse` closes the connection, `silence` never answers. */
export type Spoilt =
  | { readonly code: string; readonly status: number; readonly message?: string }
  | 'refuse'
  | 'silence'

/** An RDS API of a suite's own. */
export interface RdsApi extends AsyncDisposable {
  /** For the functions' AWS_ENDPOINT_URL_RDS. */
  readonly url: string
  /** For the suite, which talks to moto directly. */
  readonly client: RDSClient
  /** What the functions asked, as `DescribeDBInstances ID`. */
  readonly calls: string[]
  /** Everything that the functions sent. */
  sent(): string
  /** Decides what becomes of the functions' calls; undefined lets them through. */
  spoil: (action: string) => Spoilt | undefined
}

/** Starts moto, and a proxy in front of it that counts and spoils. */
export async function rdsApi(): Promise<RdsApi> {
  const moto = await startMoto()
  const calls: string[] = []
  const sent: string[] = []

  const proxy = createServer(async (request, response) => {
    const body = await text(request)
    const input = new URLSearchParams(body)
    const action = input.get('Action') ?? ''
    calls.push(`${action} ${input.get('DBInstanceIdentifier') ?? input.get('DBClusterIdentifier')}`)
    sent.push(body, JSON.stringify(request.headers))
    const spoilt = api.spoil(action)
    if (spoilt === 'refuse') return request.socket.destroy()
    if (spoilt === 'silence') return undefined
    if (spoilt !== undefined) return answerError(response, spoilt)
    const { host, 'content-length': _, connection, ...headers } = request.headers as Record<string, string>
    const answer = await fetch(moto.endpoint, { method: 'POST', headers, body })
    return response.writeHead(answer.status, { 'content-type': 'text/xml' }).end(await answer.text())
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))

  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const client = new RDSClient({ endpoint: moto.endpoint, region: 'us-east-1', credentials })
  const api: RdsApi = {
    ...{ client, calls, sent: () => sent.join('\n'), spoil: () => undefined },
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      client.destroy()
      proxy.closeAllConnections()
      proxy.close()
      await moto[Symbol.asyncDispose]()
    },
  }
  return api
}

/** As the query protocol has it (RDS API reference, "Common Errors"). */
function answerError(response: ServerResponse, { code, status, message = '' }: Exclude<Spoilt, string>) {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`
  const xml = `<ErrorResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/">${error}<RequestId>0</RequestId></ErrorResponse>`
  response.writeHead(status, { 'content-type': 'text/xml' }).end(xml)
}
