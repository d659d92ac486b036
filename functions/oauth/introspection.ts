import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { type OauthRun, sendIntrospection } from './requests.ts'
import { bodyOf } from './token-request.ts'

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
