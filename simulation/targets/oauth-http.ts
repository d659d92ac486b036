import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { HttpAnswer, HttpCall, HttpClient } from '../../shared/http/client.ts'
import type { Outside } from '../world/outside.ts'
import { graceMs, type OauthServer, type RefreshRotation } from './oauth-server.ts'

/** The entry that describes the server to the function. */
export function entry(rotation: RefreshRotation, introspects: boolean) {
  return {
    name: 'model',
    title: 'The model',
    token_endpoint: 'https://auth.example/token',
    introspection_endpoint: 'https://auth.example/introspect',
    rotation: rotation === 'grace' ? `grace:${graceMs / 1000}` : rotation,
    probe: { endpoint: 'https://auth.example/me' },
    ...(introspects ? { consumed_refresh_token_introspects: 'inactive' } : {}),
  } as const
}

/** An HTTP server in front of the model, as one run reaches it: each request is an outside call. */
export function oauthHttp(server: OauthServer, outside: Outside): HttpClient {
  function answered({ url, headers, body }: HttpCall): HttpAnswer {
    const form = new URLSearchParams(body)
    if (url.pathname === '/me') {
      return answer(server.isAlive(headers.authorization?.replace('Bearer ', '') ?? '') ? 200 : 401)
    }
    if (url.pathname === '/introspect') return answer(200, { active: server.isActive(form.get('token') ?? '') })
    const token = form.get('refresh_token')
    if (token === null) return answer(405)
    try {
      return answer(200, { ...server.refresh(token, outside.now()), token_type: 'Bearer' })
    } catch {
      return answer(400, { error: 'invalid_grant' })
    }
  }
  return (call) =>
    outside.call({
      name: nameOf(call),
      kind: call.method === 'POST' && call.url.pathname === '/token' ? 'change' : 'look',
      effect: () => answered(call),
      lost: () => new RotationError('NoAnswer', say`The server hung up.`),
      unsent: () => new RotationError('Unreachable', say`The server cannot be reached.`, { effect: 'none' }),
      timedOut: () => new RotationError('TimedOut', say`The time ran out.`),
    })
}

function answer(status: number, body?: unknown): HttpAnswer {
  return { status, headers: {}, text: body === undefined ? '' : JSON.stringify(body) }
}

function nameOf({ method, url: { pathname } }: HttpCall): string {
  if (pathname === '/me') return 'uses the new access token'
  if (pathname === '/introspect') return 'introspects the refresh token'
  return method === 'POST' ? 'sends the refresh token' : 'reaches the token endpoint'
}
