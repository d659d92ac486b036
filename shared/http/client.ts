import './error-codes.ts'
import { lookup } from 'node:dns'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { LookupFunction } from 'node:net'
import { RotationError } from '../errors/rotation-error.ts'
import { joined, ours, say, type Words } from '../errors/words.ts'
import type { RotationContext } from '../rotation/context.ts'
import { type AddressRule, refusedRange } from './address.ts'
import { AddressNotAllowed, httpFailure, type Progress } from './failures.ts'
import { checkUrl, type HostRules, literalAddress } from './hosts.ts'

/** More than any answer about a credential has. */
const mostBytes = 256 * 1024
/** An answer that takes longer is none that a step of a rotation can wait for. */
const patienceMs = 10_000

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  /** What the client proves with in TLS that it is who it says. */
  readonly certificate?: ClientCertificate | undefined
}

/** Both PEM. */
export interface ClientCertificate {
  readonly certificate: string
  readonly key: string
}

/** Whatever was answered but a redirect: what a status means is the caller's to know. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/**
 * Sends one request, once.
 * @throws RotationError whose `effect` says whether the request may have been carried out: HostNotAllowed,
 *   AddressNotAllowed, Unreachable, NoAnswer, TimedOut, AnswerUnusable and those of TLS. None has anything of a body in it
 */
export type HttpClient = (
  call: HttpCall,
  context: Pick<RotationContext, 'signal' | 'remainingMs'>,
) => Promise<HttpAnswer>

/** What tests and the demo change: their servers are on this machine. */
export interface HttpTesting {
  readonly loopback?: boolean
  readonly lookup?: typeof lookup
  /** Stands for the network and the server behind it; what the rules refuse does not come there. */
  readonly server?: HttpClient
}

/**
 * A client that sends credentials nowhere but to listed hosts, over verified TLS, on a connection of its own each time: no
 * redirects, no keep-alive, no compression, 256 KiB, 10 seconds. Every address is looked at in the lookup of the very
 * connection, so that a name cannot mean one thing when it is checked and another when it is dialled.
 * @param ca the authorities that a certificate may come from, PEM; those of Node where it is left out
 */
export function guardedClient(rules: HostRules, ca?: readonly string[], testing: HttpTesting = {}): HttpClient {
  return async (call, context) => {
    const { url } = call
    checkUrl(url, rules)
    checkHeaders(call)
    const rule = { private: rules.private.includes(url.host), loopback: testing.loopback ?? false }
    const literal = literalAddress(url)
    const refused = literal === undefined ? undefined : refusedRange(literal, rule)
    if (refused !== undefined) {
      const error = new AddressNotAllowed(say`an address of the range ${ours(refused)}`)
      throw httpFailure(error, { host: url.host, progress: 'looking up', outOfTime: false })
    }
    if (testing.server !== undefined) return testing.server(call, context)
    return exchange(call, { lookup: guardedLookup(testing.lookup ?? lookup, rule), ca }, context)
  }
}

/** @throws RotationError InvalidSecret for what no header may carry (RFC 9110 §5.5); Node's own error would have no code */
function checkHeaders({ headers, url }: HttpCall): void {
  const wrong = Object.keys(headers).find((name) => /[^\t\x20-\x7e\x80-\xff]/.test(headers[name] ?? ''))
  if (wrong === undefined) return
  const what = say`The value for the header "${wrong}" of a request to ${url.host} has a line break or another character that none may carry`
  throw new RotationError('InvalidSecret', say`${what}. The request was not sent.`, {
    likely: say`A key was copied with a line break or with characters that none has.`,
    effect: 'none',
  })
}

/** Gives those addresses of a name alone that may be dialled. */
function guardedLookup(resolve: typeof lookup, rule: AddressRule): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, [])
      const good = found.filter(({ address }) => refusedRange(address, rule) === undefined)
      const [first] = good
      if (first === undefined) {
        const ranges = found.map(({ address }) => say`${address} (${ours(refusedRange(address, rule) ?? '')})`)
        return callback(new AddressNotAllowed(found.length === 0 ? ours('no address') : joined(ranges)), [])
      }
      return options.all === true ? callback(null, good) : callback(null, first.address, first.family)
    })
  }
}

function exchange(
  { method, url, headers, body, certificate }: HttpCall,
  connection: { readonly lookup: LookupFunction; readonly ca: readonly string[] | undefined },
  { signal, remainingMs }: Pick<RotationContext, 'signal' | 'remainingMs'>,
): Promise<HttpAnswer> {
  const ending = AbortSignal.any([
    signal,
    AbortSignal.timeout(Math.floor(Math.max(0, Math.min(patienceMs, remainingMs())))),
  ])
  let progress: Progress = 'looking up'
  const failed = (error: unknown) => httpFailure(error, { host: url.host, progress, outOfTime: ending.aborted })
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method,
      headers: { 'user-agent': 'keyturn', ...headers, 'accept-encoding': 'identity' },
      // A connection that was left open may be dead without knowing it: nobody could say then what has been received.
      agent: false,
      lookup: connection.lookup,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ...(connection.ca === undefined ? {} : { ca: [...connection.ca] }),
      ...(certificate === undefined ? {} : { cert: certificate.certificate, key: certificate.key }),
      signal: ending,
    })
    outgoing.once('socket', (socket) => {
      socket.once('connect', () => {
        progress = 'connected'
      })
      socket.once('secureConnect', () => {
        progress = 'sent'
      })
    })
    outgoing.once('error', (error) => reject(failed(error)))
    outgoing.once('response', (incoming) => {
      answerOf(incoming, url.host).then(resolve, (error: unknown) => {
        outgoing.destroy()
        reject(failed(error))
      })
    })
    outgoing.end(body)
  })
}

/** @throws RotationError AnswerUnusable; what the stream throws */
async function answerOf(incoming: IncomingMessage, host: string): Promise<HttpAnswer> {
  const { statusCode: status = 0, headers } = incoming
  const unusable = (why: Words, likely: Words) =>
    new RotationError(
      'AnswerUnusable',
      say`${host} answered ${status} ${why}. The request may have been carried out.`,
      { likely },
    )
  if (status >= 300 && status < 400) {
    throw unusable(say`and points elsewhere: redirects are not followed`, say`The path or the host is out of date.`)
  }
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') {
    throw unusable(say`with a compressed text, which nobody has asked for`, say`A proxy in between compresses answers.`)
  }
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > mostBytes)
      throw unusable(say`with more than 256 KiB`, say`Something else than the service answers there.`)
    chunks.push(chunk)
  }
  return { status, headers, text: Buffer.concat(chunks).toString() }
}
