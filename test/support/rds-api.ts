import { text } from 'node:stream/consumers'
import { RDSClient } from '@aws-sdk/client-rds'
import { startMoto } from './moto.ts'
import { answerError, type QueryError, startQueryProxy } from './query-proxy.ts'

/** What RDS answers instead of what moto would; `refuse` closes the connection. */
export type Spoilt = QueryError | 'refuse'

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
  /** Servers about which it never answers. Calls about them are not among those above. */
  readonly silent: Set<string>
  /** Decides what becomes of the functions' calls; undefined lets them through. */
  spoil: (action: string) => Spoilt | undefined
}

/** Starts moto, and a proxy in front of it that counts and spoils. */
export async function rdsApi(): Promise<RdsApi> {
  const moto = await startMoto()
  const calls: string[] = []
  const sent: string[] = []
  const silent = new Set<string>()

  const proxy = await startQueryProxy(async (request, response) => {
    const body = await text(request)
    const input = new URLSearchParams(body)
    const action = input.get('Action') ?? ''
    const server = String(input.get('DBInstanceIdentifier') ?? input.get('DBClusterIdentifier'))
    sent.push(body, JSON.stringify(request.headers))
    if (silent.has(server)) return undefined
    calls.push(`${action} ${server}`)
    const spoilt = api.spoil(action)
    if (spoilt === 'refuse') return request.socket.destroy()
    if (spoilt !== undefined) return answerError(response, spoilt)
    const { host, 'content-length': _, connection, ...headers } = request.headers as Record<string, string>
    const answer = await fetch(moto.endpoint, { method: 'POST', headers, body })
    return response.writeHead(answer.status, { 'content-type': 'text/xml' }).end(await answer.text())
  })

  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const client = new RDSClient({ endpoint: moto.endpoint, region: 'us-east-1', credentials })
  const api: RdsApi = {
    client,
    calls,
    silent,
    sent: () => sent.join('\n'),
    spoil: () => undefined,
    url: proxy.url,
    async [Symbol.asyncDispose]() {
      client.destroy()
      await proxy[Symbol.asyncDispose]()
      await moto[Symbol.asyncDispose]()
    },
  }
  return api
}
