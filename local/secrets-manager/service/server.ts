import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type CallLog, type Fault, type Intercept, signerOf } from './calls.ts'
import { isServiceError, type ServiceError, serviceError, unreadable } from './errors.ts'
import { type LambdaAnswer, type LambdaCall, lambdaApi, lambdaCall } from './lambda-api.ts'
import type { Operation } from './operation.ts'
import { askedService, inProtocolOf, notHere } from './other-services.ts'
import type { Service } from './store.ts'
import { whyUnwelcome } from './visitors.ts'

export interface Api {
  readonly serviceIn: (region: string) => Service
  readonly operations: ReadonlyMap<string, Operation>
  readonly calls: CallLog
  readonly intercept: Intercept
  readonly latencyMs: number
  /** Names that requests may ask for, besides localhost and its like. */
  readonly names: readonly string[]
}

// Well above the length of the longest legal request.
const maxBodyBytes = 1024 * 1024

/**
 * Speaks AWS JSON 1.1, and answers requests for other services with an error in their own protocol.
 * @param port 0 for any free one
 * @param host an IPv4 address of this machine
 * @returns the server, listening, and its URL
 * @throws what listening throws, EADDRINUSE for example
 */
export async function serve(given: Api, port: number, host: string): Promise<{ server: Server; endpoint: string }> {
  const api = { ...given, names: [host, ...given.names] }
  const server = createServer((request, response) => {
    const why = whyUnwelcome(request.headers, api.names)
    if (why !== undefined) return refuse(request, response, why)
    void answer(api, request, response).catch(() => response.destroy())
  })
  // Clients keep connections open; a connection that is closed just when it is used again would look like a fault.
  server.keepAliveTimeout = 120_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return { server, endpoint: `http://${host}:${(server.address() as AddressInfo).port}` }
}

async function answer(api: Api, request: IncomingMessage, response: ServerResponse) {
  const { calls } = api
  const text = await bodyOf(request)
  const target = String(request.headers['x-amz-target'])
  const lambda = lambdaCall(request.method ?? '', (request.url ?? '').replace(/\?.*$/, ''))
  const operation =
    lambda?.operation ??
    /^(?:secretsmanager|Logs_20140328|.*CloudTrail_20131101)\.(\w+)$/.exec(target)?.[1] ??
    'unknown'
  const body = parse(text)
  const { caller, region, service: signed } = signerOf(request.headers.authorization)
  const asked = lambda === undefined ? askedService(target, signed) : 'lambda'
  const call = calls.begin({ operation, caller, region, secretId: secretIdOf(body) })
  const send = (status: number, content: string | Buffer | undefined, outcome: string, more: object = {}) => {
    calls.end(call, outcome)
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID(), ...more }
    response.writeHead(status, headers).end(content)
  }
  const hangUp = () => {
    calls.end(call, 'hung up')
    request.socket.destroy()
  }
  try {
    if (api.latencyMs > 0) await sleep(api.latencyMs)
    const cut = await suffer(await api.intercept(call))
    if (cut === 'before') return hangUp()
    const sent = { body, headers: request.headers }
    if (lambda === undefined && !api.operations.has(operation)) throw notHere(asked, operation)
    const result = await carryOut(api, api.serviceIn(region), lambda ?? operation, text, sent)
    if (cut === 'after') return hangUp()
    send(result.status, result.body === undefined ? undefined : JSON.stringify(result.body), 'ok', result.headers)
  } catch (error) {
    const said = presentable(error)
    const written = inProtocolOf(asked, request.headers, said)
    send(said.status, written.body, said.type, written.headers)
  }
}

/** Refuses a request, which then is in no list of calls. Its body is read to the end, or the client would not hear the answer. */
function refuse(request: IncomingMessage, response: ServerResponse, message: string): void {
  request.resume()
  const { authorization, 'x-amz-target': target } = request.headers
  const asked = askedService(String(target), signerOf(authorization).service)
  const { headers, body } = inProtocolOf(asked, request.headers, { type: 'AccessDeniedException', message })
  response.writeHead(403, { ...headers }).end(body)
}

/** Throws or waits as the fault says; returns when to cut the connection, if at all. */
async function suffer(fault: Fault | undefined): Promise<'before' | 'after' | undefined> {
  if (fault === undefined) return undefined
  if ('throttle' in fault) throw serviceError('ThrottlingException', 'Rate exceeded')
  if ('error' in fault) throw serviceError(fault.error.type, fault.error.message ?? 'Injected.', fault.error.status)
  if ('delayMs' in fault) await sleep(fault.delayMs)
  return 'hangUp' in fault ? fault.hangUp : undefined
}

type Sent = Parameters<typeof lambdaApi>[2]

async function carryOut(
  { operations }: Api,
  service: Service,
  call: string | LambdaCall,
  text: string | undefined,
  sent: Sent,
): Promise<LambdaAnswer> {
  if (typeof call === 'object') return lambdaApi(service, call, sent)
  return { status: 200, body: named(operations, call, text, sent.body)(service, sent.body) ?? {} }
}

function named(operations: Api['operations'], name: string, text: string | undefined, body: unknown): Operation {
  const operation = operations.get(name)
  if (operation === undefined) throw notHere('secretsmanager', name)
  if (text === undefined) throw unreadable(`The request is longer than ${maxBodyBytes} bytes.`)
  if (body === undefined) throw unreadable('The request body is not JSON.')
  return operation
}

/** An unforeseen error is a defect of this server; its message could contain anything and is not passed on. */
function presentable(error: unknown): Pick<ServiceError, 'type' | 'message' | 'status'> {
  if (isServiceError(error)) return error
  const name = error instanceof Error ? error.name : typeof error
  return serviceError('InternalServiceError', `An error occurred on the server side (${name}).`, 500)
}

/** The whole body, or undefined when it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length <= maxBodyBytes) chunks.push(chunk)
  }
  return length > maxBodyBytes ? undefined : Buffer.concat(chunks).toString('utf8')
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text || '{}')
  } catch {
    return undefined
  }
}

function secretIdOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const { SecretId, Name } = body as Record<string, unknown>
  const id = SecretId ?? Name
  return typeof id === 'string' ? id.slice(0, 2048) : undefined
}
