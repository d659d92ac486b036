import '../../shared/http/oauth-error-codes.ts'
import {
  type AuthorizationServer,
  clientCredentialsGrantRequest,
  customFetch,
  introspectionRequest,
  refreshTokenGrantRequest,
} from 'oauth4webapi'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import type { HttpAnswer, HttpTesting } from '../../shared/http/client.ts'
import type { ProviderSettings } from '../../shared/http/provider-settings.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import { type Authentication, authenticationOf } from './client-authentication.ts'
import { type Provider, providerOf } from './providers.ts'
import type { OauthSecret } from './secret.ts'

/** What a token request asks for. */
export type Grant =
  | { readonly type: 'refresh_token'; readonly refreshToken: string }
  | { readonly type: 'client_credentials'; readonly parameters: Readonly<Record<string, string>> }

/** The client of a secret at its provider, in one step of a rotation. */
export interface OauthRun {
  readonly secret: OauthSecret
  readonly provider: Provider
  readonly authentication: Authentication
  readonly context: RotationContext
}

/** @throws RotationError as `providerOf` and `authenticationOf` do; nothing was sent */
export async function begin(
  secret: OauthSecret,
  settings: ProviderSettings,
  testing: HttpTesting,
  context: RotationContext,
): Promise<OauthRun> {
  const provider = await providerOf(secret, settings, testing)
  const authentication = await authenticationOf(provider.description.client_authentication, secret)
  return { secret, provider, authentication, context }
}

/** Sends a token request once, and again only where no byte of it can have left. Throws as the guarded client does. */
export async function sendGrant(grant: Grant, run: OauthRun): Promise<HttpAnswer> {
  const { token_parameters: more = {}, token_endpoint } = run.provider.description
  const client = { client_id: run.secret.clientId }
  const { authenticate } = run.authentication
  return sent(run, token_endpoint, (server, options) =>
    grant.type === 'refresh_token'
      ? refreshTokenGrantRequest(server, client, authenticate, grant.refreshToken, {
          ...options,
          additionalParameters: more,
        })
      : clientCredentialsGrantRequest(server, client, authenticate, { ...more, ...grant.parameters }, options),
  )
}

/** Asks what a token is worth (RFC 7662). @param hint `refresh_token` or `access_token` */
export async function sendIntrospection(token: string, hint: string, run: OauthRun): Promise<HttpAnswer> {
  const { introspection_endpoint = '' } = run.provider.description
  return sent(run, introspection_endpoint, (server, options) =>
    introspectionRequest(server, { client_id: run.secret.clientId }, run.authentication.authenticate, token, {
      ...options,
      additionalParameters: { token_type_hint: hint },
    }),
  )
}

type Fetch = (url: string, init: FetchInit) => Promise<Response>
interface FetchInit {
  readonly headers: Record<string, string>
  readonly body?: URLSearchParams | null
}

/**
 * The library makes the request, and the guarded client sends it. What comes back is for us to read: the library's own reading
 * throws away answers that are odd, and with them the only copy of a refresh token.
 */
async function sent(
  { provider, authentication, context }: OauthRun,
  endpoint: string,
  request: (server: AuthorizationServer, options: { [customFetch]: Fetch }) => Promise<Response>,
): Promise<HttpAnswer> {
  const url = provider.url(endpoint)
  const { audience, token_endpoint } = provider.description
  const meant = audience ?? token_endpoint
  // Compared letter by letter by the server: a URL without a path would get a slash.
  const issuer = provider.url(meant).href.replace(/\/$/, meant.endsWith('/') ? '/' : '')
  let answer: HttpAnswer | undefined
  const fetch: Fetch = async (_url, { headers, body }) => {
    const { 'user-agent': _, ...rest } = headers
    const call = { method: 'POST', url, headers: rest, body: String(body) } as const
    answer = await provider.client({ ...call, certificate: authentication.certificate }, context)
    return new Response(null)
  }
  const server = { issuer, token_endpoint: url.href, introspection_endpoint: url.href }
  for (let tries = 1; ; tries++) {
    try {
      await request(server, { [customFetch]: fetch })
      if (answer === undefined) throw new Error('a request that nobody has sent')
      return answer
    } catch (error) {
      const unsent = error instanceof RotationError && error.retryable && error.effect === 'none'
      if (!unsent || tries === 3 || context.signal.aborted || context.remainingMs() < 5_000) throw error
      await context.sleep(tries * 500)
    }
  }
}
