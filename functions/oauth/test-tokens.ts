import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say, type Words } from '../../shared/errors/words.ts'
import { textIn } from '../../shared/json-secret.ts'
import type { Versions } from '../../shared/rotation/secret-type.ts'
import { isBearer, isNarrower, lifeIn } from './answer.ts'
import { latestLabel } from './base.ts'
import type { OauthRun } from './requests.ts'
import type { OauthSecret } from './secret.ts'
import { isLetIn } from './token-check.ts'

/**
 * Proves with the access token alone that the pending tokens work; the token endpoint is not asked. What was odd about the answer
 * is refused here, where the refresh token is safe.
 * @throws RotationError TokenRefused, TokenUnclear, TokenOdd; as requests do
 */
export async function testTokens({ pending, own, isRehearsal }: Versions<OauthSecret>, run: OauthRun): Promise<void> {
  const held = (await own.labels()).get(run.context.token) ?? []
  // A rotation's value has our label; where a provider needs none, the values have to be compared.
  if (!held.includes(latestLabel) && (await isRehearsal())) return rehearse(pending, run)
  checkNotOdd(pending, run)
  if (!(await isLetIn(pending, run))) {
    throw new RotationError('TokenRefused', say`${run.provider.description.title} does not take the new access token.`)
  }
}

/** @throws RotationError TokenOdd, where the access token of before lives: an odd new one is better than none */
export function checkNotOdd(pending: OauthSecret, run: OauthRun): void {
  const odd = oddity(pending)
  if (odd === undefined) return
  const { title, old_access_token } = run.provider.description
  if (old_access_token === 'lives') throw new RotationError('TokenOdd', say`${title} has answered with ${odd}.`)
  run.context.did(say`warning: ${title} has answered with ${odd}`)
}

/** The tokens in use may have expired, which a rotation mends: that is said, and is no error. */
async function rehearse(pending: OauthSecret, run: OauthRun): Promise<void> {
  const { provider, context } = run
  // Nothing of the client goes there: what answers is proved to be the provider, and whatever it answers will do.
  await provider.client({ method: 'GET', url: provider.url(provider.description.token_endpoint), headers: {} }, context)
  context.did(say`reached the token endpoint of ${provider.description.title}, and sent it nothing`)
  if (await isLetIn(pending, run)) return
  context.did(
    say`the access token in use is not taken: it has probably expired, and the next rotation has a new one given`,
  )
}

function oddity({ json, scope }: OauthSecret): Words | undefined {
  if (!isBearer(json.token_type))
    return say`"token_type" ${JSON.stringify(json.token_type)}, where only Bearer is known`
  const life = json.expires_in
  if (life !== undefined && life !== null && lifeIn(life) === undefined) {
    return say`"expires_in" ${JSON.stringify(life)}, which is no number of seconds`
  }
  const before = textIn(json, 'scope_before')
  if (before === undefined || scope === undefined || !isNarrower(scope, before)) return undefined
  return say`the scope "${scope}", which is narrower than "${before}"`
}
