import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { HttpAnswer } from '../../shared/http/client.ts'
import type { Description } from './description.ts'
import { type OauthRun, sendIntrospection } from './requests.ts'
import type { OauthSecret } from './secret.ts'
import { bodyOf } from './token-request.ts'

/** @returns false where the provider says that the token does not work; true also where nobody can be asked */
export async function isLetIn({ accessToken }: OauthSecret, run: OauthRun): Promise<boolean> {
  if (accessToken === undefined) return false
  const { probe: request, introspection_endpoint } = run.provider.description
  if (request !== undefined) return probe(accessToken, request, run)
  if (introspection_endpoint !== undefined) return introspectsActive(accessToken, run, 'access_token')
  run.context.did(
    say`did not try the access token: the entry of the provider has neither "probe" nor "introspection_endpoint"`,
  )
  return true
}

/**
 * Asks with the access token for something that every good one may ask for. A fault that may pass is asked through, twice.
 * @returns whether the token is let in
 * @throws RotationError TokenUnclear; as the guarded client does
 */
async function probe(
  accessToken: string,
  { endpoint, headers = {}, alive, dead }: NonNullable<Description['probe']>,
  { provider, context }: OauthRun,
): Promise<boolean> {
  const call = {
    method: 'GET',
    url: provider.url(endpoint),
    headers: { accept: 'application/json', ...headers, authorization: `Bearer ${accessToken}` },
  } as const
  for (let tries = 1; ; tries++) {
    const outcome = await provider.client(call, context).catch((error: unknown) => error)
    const isAnswer = !(outcome instanceof Error)
    const { status } = isAnswer ? (outcome as HttpAnswer) : { status: 0 }
    if (alive.includes(status)) return true
    if (dead.includes(status)) return false
    const mayPass = isAnswer ? status === 429 || status >= 500 : outcome instanceof RotationError && outcome.retryable
    if (mayPass && tries < 3 && context.remainingMs() > 5_000) await context.sleep(tries * 500)
    else if (!isAnswer) throw outcome
    else {
      const what = say`${provider.description.title} answered ${status} to a request with the access token`
      throw new RotationError('TokenUnclear', say`${what}: that says neither that it works nor that it does not.`)
    }
  }
}

/**
 * Whether introspection calls a token active (RFC 7662).
 * @throws RotationError ProviderFailed where it says neither: that is no answer about the token
 */
export async function introspectsActive(
  token: string,
  run: OauthRun,
  hint: 'refresh_token' | 'access_token' = 'refresh_token',
): Promise<boolean> {
  const answer = await sendIntrospection(token, hint, run)
  const active = answer.status === 200 ? bodyOf(answer)?.active : undefined
  if (typeof active === 'boolean') return active
  const { title } = run.provider.description
  throw new RotationError(
    'ProviderFailed',
    say`${title} answered ${answer.status} when it was asked about a token, and did not say whether that is active.`,
    {
      likely: say`The client may not introspect tokens, or the endpoint has a fault.`,
      remedy: say`Try the request by hand; if the client may not, take "introspection_endpoint" out of the entry.`,
    },
  )
}
