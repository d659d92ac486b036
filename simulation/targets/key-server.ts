import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { HttpAnswer, HttpCall, HttpClient } from '../../shared/http/client.ts'
import type { Outside } from '../world/outside.ts'
import type { Provider } from './provider.ts'

/** Switches for the test of the tests. */
export interface KeyServerDefects {
  /** Mints a second key, like a client that repeats a request which may have been sent. */
  readonly mintsTwice?: boolean
  /** Lists nothing. */
  readonly hidesKeys?: boolean
}

/** The description of the server that the function gets. The server answers unknown paths with 404. */
export const description = {
  name: 'model',
  title: 'The model',
  hosts: ['keys.example'],
  auth: {
    manage: { scheme: 'bearer', token: { $from: 'admin:/api_key' } },
    use: { scheme: 'bearer', token: { $from: 'pending:/api_key' } },
  },
  create: {
    method: 'POST',
    path: '/keys',
    json: { name: { $marker: true } },
    expect: [201],
    outputs: { api_key: '/value', key_id: '/id' },
  },
  list: { method: 'GET', path: '/keys', expect: [200], items: '', id: '/id', marker: '/marker' },
  revoke: {
    method: 'DELETE',
    path: '/keys/{id}',
    parameters: { id: { $from: 'key:/key_id' } },
    expect: [204],
    gone: [404],
  },
  verify: {
    method: 'GET',
    path: '/me',
    alive: [200],
    dead: [401],
    identity: { pointer: '/id', equals: { $from: 'pending:/key_id' } },
  },
} as const

const { create: _, ...rest } = description
/** The description of a server that takes values which the function chooses. */
export const ofChosenValues = {
  ...rest,
  generate: { key_id: { $marker: true }, api_key: { $random: { bytes: 16, as: 'hex' } } },
  apply: {
    method: 'PUT',
    path: '/keys/{id}',
    parameters: { id: { $from: 'pending:/key_id' } },
    json: { value: { $from: 'pending:/api_key' } },
    expect: [201],
    applied: [208],
  },
} as const

/**
 * An HTTP server in front of a provider, as one run reaches it: each request is an outside call.
 * @param labelled the values in use: revoking one of them is marked as a broken promise
 */
export function keyServer(
  provider: Provider,
  outside: Outside,
  labelled: () => readonly string[],
  defects: KeyServerDefects = {},
): HttpClient {
  let again = false
  function answered({ method, url, headers, body }: HttpCall): HttpAnswer {
    const caller = provider.keys.find(({ value }) => headers.authorization === `Bearer ${value}`)
    if (caller === undefined) return answer(401)
    if (url.pathname === '/me') return answer(200, { id: caller.id })
    if (method === 'GET') return answer(200, defects.hidesKeys === true ? [] : provider.keys)
    if (method === 'DELETE') {
      return answer(provider.revoke(keyIn(url), labelled()) ? 204 : 404)
    }
    const { name, value = '' } = JSON.parse(body ?? '{}') as { readonly name: string; readonly value?: string }
    const id = method === 'PUT' ? keyIn(url) : undefined
    const known = provider.keys.find((key) => key.id === id)
    if (known !== undefined) return answer(known.value === value ? 208 : 409)
    const key = provider.mint(id ?? name, outside.now(), again, id === undefined ? undefined : { id, value })
    again = true
    return key === undefined ? answer(403) : answer(201, key)
  }
  const once: HttpClient = (call) =>
    outside.call({
      name: nameOf(call),
      kind: call.method === 'GET' ? 'look' : 'change',
      effect: () => answered(call),
      lost: () => new RotationError('NoAnswer', say`The provider hung up.`),
      unsent: () => new RotationError('Unreachable', say`The provider cannot be reached.`, { effect: 'none' }),
      timedOut: () => new RotationError('TimedOut', say`The time ran out.`),
    })
  return async (call, context) => {
    if (call.method === 'POST' && defects.mintsTwice === true) await once(call, context)
    return once(call, context)
  }
}

function answer(status: number, body?: unknown): HttpAnswer {
  return { status, headers: {}, text: body === undefined ? '' : JSON.stringify(body) }
}

const keyIn = ({ pathname }: URL) => pathname.replace('/keys/', '')

function nameOf({ method, url }: HttpCall): string {
  // The end of our keys' names is random.
  if (method === 'DELETE') return `revokes ${keyIn(url).startsWith('keyturn-') ? 'a key' : keyIn(url)}`
  if (method === 'PUT') return 'tells the new key'
  if (method === 'POST') return 'mints a key'
  return url.pathname === '/me' ? 'uses the new key' : 'lists the keys'
}
