import type { lookup } from 'node:dns'
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import https, { createServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { selfSignedCertificate } from '../../local/servers/certificate.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { guardedClient, type HttpAnswer, type HttpCall, type HttpTesting } from '../../shared/http/client.ts'

const secret = 'body-9f3c1e-secret'
const { certificate, key } = await selfSignedCertificate()
const ca = [certificate]

/** What the service does with a request, by its path. */
const behaviours: Readonly<Record<string, RequestListener>> = {
  '/ok': (incoming, response) => response.end(JSON.stringify({ encoding: incoming.headers['accept-encoding'] })),
  '/redirect': (_, response) => response.writeHead(307, { location: '/ok' }).end(),
  '/long': (_, response) => response.end(secret.repeat(20_000)),
  '/packed': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
  '/silent': () => undefined,
  '/cut': (incoming) => incoming.socket.destroy(),
  '/half': (incoming, response) => {
    response.writeHead(200, { 'content-length': 100 }).write(secret)
    setTimeout(() => incoming.socket.destroy(), 20)
  },
  '/garbage': (incoming) => incoming.socket.end(`${secret}\r\n\r\n`),
  '/refused': (_, response) => response.writeHead(403).end(secret),
}
const seen: string[] = []
const service = createServer({ cert: certificate, key }, (incoming, response) => {
  seen.push(incoming.url ?? '')
  behaviours[incoming.url ?? '']?.(incoming, response)
})
service.listen(0, '127.0.0.1')
await once(service, 'listening')
const { port } = service.address() as AddressInfo
const here = `localhost:${port}`
afterAll(() => {
  service.closeAllConnections()
  service.close()
})

interface Wish extends HttpTesting {
  readonly host?: string
  readonly described?: readonly string[]
  readonly allowed?: readonly string[]
  readonly private?: readonly string[]
  readonly ca?: readonly string[] | undefined
  readonly signal?: AbortSignal
  readonly call?: Partial<HttpCall>
}

/** Sends a request to a path of a host, which is listed unless the wish says otherwise. */
function send(path: string, { host = here, signal, call, ...wish }: Wish = {}): Promise<HttpAnswer> {
  const url = new URL(`https://${host}${path}`)
  const { described = [url.host], allowed = [url.host], private: inPrivate = [], loopback = true } = wish
  const rules = { described, allowed, private: inPrivate, variable: 'SOME_HOSTS' }
  const testing = wish.lookup === undefined ? { loopback } : { loopback, lookup: wish.lookup }
  const client = guardedClient(rules, 'ca' in wish ? wish.ca : ca, testing)
  const context = { signal: signal ?? new AbortController().signal, remainingMs: () => 20_000 }
  return client({ method: 'POST', url, headers: { 'x-key': secret }, body: secret, ...call }, context)
}

/** The error of a request that must fail. Nothing of a body may be in it. */
async function failure(path: string, wish?: Wish): Promise<RotationError> {
  const error = await send(path, wish).then(
    ({ status }) => new Error(`answered ${status}`),
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof RotationError)) throw error
  const { cause } = error
  expect(`${error.message} ${error.stack} ${cause instanceof Error ? cause.message + JSON.stringify(cause) : ''}`)
    .not //
    .toContain(secret)
  return error
}

/** The names that a lookup was asked for, and what it answers, one after the other. */
function resolver(...answers: readonly (readonly string[])[]) {
  const asked: string[] = []
  const resolve = (name: string, _options: unknown, callback: (error: null, found: unknown) => void) => {
    const addresses = answers[Math.min(asked.push(name), answers.length) - 1] ?? []
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }
  return { asked, lookup: resolve as unknown as typeof lookup }
}

describe('the guarded client', () => {
  it('sends a request to a listed host and gives its answer', async () => {
    expect(await send('/ok')).toMatchObject({ status: 200, text: '{"encoding":"identity"}' })
    expect(await send('/refused')).toMatchObject({ status: 403, text: secret })
  })

  it('a proxy that the environment names is not asked, though Node would ask it', async () => {
    const connections: unknown[] = []
    const proxy = createTcpServer((socket) => void connections.push(socket.destroy()))
    proxy.listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    const usual = https.globalAgent
    // What NODE_USE_ENV_PROXY makes of it.
    const proxyEnv = { HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` }
    https.globalAgent = new https.Agent({ proxyEnv })
    try {
      expect(await send('/ok')).toMatchObject({ status: 200 })
    } finally {
      https.globalAgent = usual
      proxy.close()
    }
    expect(connections).toEqual([])
  })

  it.each([
    ['is not described', { described: ['api.example.com'] }],
    ['is not allowed', { allowed: ['api.example.com', `LOCALHOST:${port}`] }],
    ['is described without its port', { described: ['localhost'] }],
  ])('a host that %s is refused before any name is looked up', async (_, wish) => {
    const names = resolver(['127.0.0.1'])
    const error = await failure('/ok', { ...wish, lookup: names.lookup })
    expect([error.code, error.effect, names.asked]).toEqual(['HostNotAllowed', 'none', []])
  })

  it.each(['http://localhost/', `https://user@${here}/`, `https://:password@${here}/`])(
    '%s is refused',
    async (url) => {
      expect((await failure('/ok', { call: { url: new URL(url) } })).code).toBe('HostNotAllowed')
    },
  )

  it('an unlisted host that listens receives no byte', async () => {
    const connections: unknown[] = []
    const trap = createTcpServer((socket) => void connections.push(socket.destroy()))
    trap.listen(0, '127.0.0.1')
    await once(trap, 'listening')
    const host = `localhost:${(trap.address() as AddressInfo).port}`
    await failure('/ok', { host, allowed: [here] })
    await failure('/ok', { host, described: [here] })
    await failure('/ok', { host, loopback: false })
    await sleep(50)
    trap.close()
    expect(connections).toEqual([])
  })

  it.each([
    ...['2130706433', '0x7f.1', '0177.0.0.1', '127.1', '127.0.0.1', '①②⑦.⓪.⓪.①', '[::1]', '[::ffff:127.0.0.1]'],
    ...[
      '[::127.0.0.1]',
      '[::7f00:1]',
      '[4000::1]',
      '[::ffff:0:127.0.0.1]',
      '[64:ff9b::7f00:1]',
      '[64:ff9b:1::7f00:1]',
      '[2002:7f00:1::]',
    ],
    ...['169.254.169.254', '[fe80::1]', '[fd00:ec2::254]', '10.0.0.1', '192.168.1.1', '100.64.0.1', '0.0.0.0', '[::]'],
    ...['224.0.0.1', '255.255.255.255', '[3fff::1]', '[fec0::1]', '[2001::1]'],
  ])('the literal %s is refused though it is listed', async (literal) => {
    const error = await failure('/ok', { host: `${literal}:${port}`, loopback: false })
    expect([error.code, error.effect]).toEqual(['AddressNotAllowed', 'none'])
  })

  it.each([
    ...['127.0.0.1', '::1', '::ffff:7f00:1', '10.1.2.3', '172.16.0.1', 'fd12::1', '169.254.169.254', 'fe80::1%eth0'],
    ...['64:ff9b::a00:1', '2002:a00:1::', '100.64.0.1', '0.0.0.0', '224.0.0.1'],
  ])('a listed name that resolves to %s is refused', async (address) => {
    const { lookup } = resolver([address])
    const error = await failure('/ok', { host: `api.example.com:${port}`, loopback: false, lookup })
    expect([error.code, error.effect]).toEqual(['AddressNotAllowed', 'none'])
  })

  it('a host that is listed as private may be in a private network, but not loopback or link-local', async () => {
    const host = `internal.example.com:${port}`
    const ends = ['10.255.255.254', 'fd12::1', '100.64.0.1', '127.0.0.1', '169.254.169.254'].map(async (address) => {
      const signal = AbortSignal.timeout(300)
      const wish = { host, private: [host], loopback: false, lookup: resolver([address]).lookup, signal }
      return (await failure('/ok', wish)).code
    })
    const [first, ula, shared, loopback, metadata] = await Promise.all(ends)
    for (const code of [first, ula, shared]) expect(['Unreachable', 'NoAnswer']).toContain(code)
    expect([loopback, metadata]).toEqual(['AddressNotAllowed', 'AddressNotAllowed'])
  })

  it('of several addresses only the permitted ones are dialled', async () => {
    const { lookup } = resolver(['169.254.169.254', '127.0.0.1', 'fe80::1'])
    expect((await send('/ok', { lookup })).status).toBe(200)
  })

  it('a name that means another address the second time is checked the second time, too', async () => {
    const names = resolver(['127.0.0.1'], ['169.254.169.254'])
    expect((await send('/ok', { lookup: names.lookup })).status).toBe(200)
    expect((await failure('/ok', { lookup: names.lookup })).code).toBe('AddressNotAllowed')
    expect(names.asked).toEqual(['localhost', 'localhost'])
  })

  it('a redirect is not followed', async () => {
    seen.length = 0
    const error = await failure('/redirect')
    expect([error.code, error.effect, seen]).toEqual(['AnswerUnusable', 'possible', ['/redirect']])
  })

  it.each([
    ['/long', 'AnswerUnusable'],
    ['/packed', 'AnswerUnusable'],
    ['/cut', 'NoAnswer'],
    ['/half', 'NoAnswer'],
    ['/garbage', 'NoAnswer'],
  ])('what was sent and is answered as by %s may have been carried out', async (path, code) => {
    const error = await failure(path)
    expect([error.code, error.effect]).toEqual([code, 'possible'])
    expect(error.message).toContain('may have been carried out')
  })

  it('a server that does not answer is given up when the time is up', async () => {
    const error = await failure('/silent', { signal: AbortSignal.timeout(200) })
    expect([error.code, error.effect]).toEqual(['TimedOut', 'possible'])
  })

  it.each([
    ['a certificate of an unknown authority', { ca: undefined }, 'CertificateUntrusted'],
    [
      'a certificate for another name',
      { host: `api.example.com:${port}`, lookup: resolver(['127.0.0.1']).lookup },
      'CertificateNameMismatch',
    ],
    ['a port that nobody listens on', { host: 'localhost:1' }, 'Unreachable'],
    ['a name that does not resolve', { host: 'api.keyturn.invalid' }, 'Unreachable'],
  ] as const)('%s: nothing was sent', async (_, wish, code) => {
    seen.length = 0
    const error = await failure('/ok', wish)
    expect([error.code, error.effect, seen]).toEqual([code, 'none', []])
    expect(error.message).toContain('was not sent')
    expect(error.message).not.toMatch(/DATABASE_CA_BUNDLE|tlsServerName|database/)
  })

  it('a server that accepts and then says nothing is NoAnswer, and was sent nothing', async () => {
    const silent = createTcpServer((socket) => void socket.on('error', () => undefined))
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port: other } = silent.address() as AddressInfo
    const error = await failure('/ok', { host: `localhost:${other}`, signal: AbortSignal.timeout(200) })
    silent.close()
    expect([error.code, error.effect]).toEqual(['NoAnswer', 'none'])
  })

  it('a header with a line break is not sent', async () => {
    seen.length = 0
    const error = await failure('/ok', { call: { headers: { 'x-key': `${secret}\r\nx-admin: 1` } } })
    expect([error.code, error.effect, seen]).toEqual(['InvalidSecret', 'none', []])
  })
})
