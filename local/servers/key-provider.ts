import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type HttpsFront, startHttpsFront } from './https-front.ts'

/** Things that providers do differently; no provider that could run here does all of them. */
export interface ProviderOptions {
  /** No two keys of an account may have the same name. */
  uniqueNames: boolean
  /** The most keys that an account may have. */
  limit: number
  /** How long a new key is not accepted yet, in milliseconds. */
  settleMs: number
  /** Answers every refusal with 200 and `errors`, as GraphQL does. */
  errorsInside: boolean
  /** How many keys a page has. */
  pageSize: number
}

export interface ProviderKey {
  readonly account: string
  readonly id: string
  readonly name: string
  readonly value: string
  readonly createdAt: number
  /** When it ends by itself. */
  endsAt: number
}

/** A provider of keys on this machine. A key of an account manages all keys of the account; those of `admin` manage all. */
export interface KeyProvider extends AsyncDisposable {
  readonly front: HttpsFront
  readonly options: ProviderOptions
  /** Keys that live, the oldest first. */
  keys(account: string): readonly ProviderKey[]
  /** Makes a key by hand. */
  give(account: string, name?: string): ProviderKey
  /** Whether the provider accepts the key now. */
  knows(value: string): boolean
}

interface Asked {
  readonly method: string
  readonly path: readonly string[]
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
  readonly key: ProviderKey | undefined
}

type Answer = readonly [status: number, body?: unknown]

const never = Number.POSITIVE_INFINITY

/** Starts a provider behind TLS. */
export async function startKeyProvider(wish: Partial<ProviderOptions> = {}): Promise<KeyProvider> {
  const options = { uniqueNames: false, limit: 1_000, settleMs: 0, errorsInside: false, pageSize: 100, ...wish }
  let all: ProviderKey[] = []
  let made = 0
  const living = (account: string) => all.filter((key) => key.account === account && key.endsAt > Date.now())
  const find = (value: string) => all.find((key) => key.value === value && key.endsAt > Date.now())

  function give(account: string, name = 'by hand', value = `kp_${randomBytes(18).toString('base64url')}`): ProviderKey {
    const key = { account, id: String(++made), name, value, createdAt: Date.now(), endsAt: never }
    all.push(key)
    return key
  }
  const isSettled = ({ createdAt, name }: ProviderKey) =>
    name === 'by hand' || Date.now() - createdAt >= options.settleMs

  /** Answers requests about the keys of an account, which its own keys and an admin's may send. */
  function manage(account: string, { method, path, query, body }: Asked): Answer {
    const [, , , id, what] = path
    const name = typeof body.name === 'string' ? body.name : ''
    const keys = living(account)
    if (method === 'GET') {
      const from = (Number(query.get('page') ?? 1) - 1) * options.pageSize
      return [200, { keys: keys.slice(from, from + options.pageSize).map(({ id, name }) => ({ id, name })) }]
    }
    if (method === 'POST' && id === undefined) {
      if (options.uniqueNames && keys.some((key) => key.name === name)) return [409, { errors: ['taken'] }]
      if (keys.length >= options.limit) return [403, { errors: ['limit'] }]
      const key = give(account, name)
      return [201, { id: Number(key.id), key: key.value }]
    }
    if (method === 'PUT' && id !== undefined) {
      const known = keys.find((key) => key.name === id)
      if (known !== undefined) return known.value === body.value ? [208] : [409]
      give(account, id, String(body.value))
      return [201]
    }
    const key = keys.find((each) => each.id === id || each.name === id)
    if (key === undefined) return [404, { errors: ['unknown'] }]
    if (method === 'POST' && what === 'roll') {
      key.endsAt = Date.now() + Number(body.grace) * 1_000
      const next = give(account, name)
      return [200, { id: next.id, key: next.value }]
    }
    if (method !== 'DELETE') return [405]
    all = all.filter((each) => each !== key)
    return [204]
  }

  function answer(asked: Asked): Answer {
    const { key, path } = asked
    if (key === undefined || !isSettled(key)) return [401, { errors: ['who are you?'] }]
    if (path[0] === 'me') return [200, { account: key.account, key_id: key.id }]
    const [accounts, account = '', keys] = path
    if (accounts !== 'accounts' || keys !== 'keys') return [404, { errors: ['no such path'] }]
    return key.account === account || key.account === 'admin'
      ? manage(account, asked)
      : [403, { errors: ['not yours'] }]
  }

  const server = createServer((incoming, response) => void serve(incoming, response, find, answer, options))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const front = await startHttpsFront((server.address() as AddressInfo).port)
  return {
    front,
    options,
    give: (account, name) => give(account, name),
    keys: living,
    knows: (value) => find(value) !== undefined,
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function serve(
  incoming: IncomingMessage,
  response: ServerResponse,
  find: (value: string) => ProviderKey | undefined,
  answer: (asked: Asked) => Answer,
  { errorsInside }: ProviderOptions,
): Promise<void> {
  let text = ''
  for await (const chunk of incoming) text += String(chunk)
  const { pathname, searchParams: query } = new URL(incoming.url ?? '/', 'http://localhost')
  const path = pathname.split('/').slice(1).map(decodeURIComponent)
  const key = find((incoming.headers.authorization ?? '').replace(/^Bearer /, ''))
  const body = text.startsWith('{')
    ? (JSON.parse(text) as Record<string, unknown>)
    : Object.fromEntries(new URLSearchParams(text))
  const [status, said] = answer({ method: incoming.method ?? '', path, query, body, key })
  const shown = errorsInside && status >= 400 ? 200 : status
  response.writeHead(shown, { 'content-type': 'application/json' }).end(said === undefined ? '' : JSON.stringify(said))
}
