import { RotationError } from '../../shared/errors/rotation-error.ts'
import { ours, say } from '../../shared/errors/words.ts'
import { withAnswer } from './answer.ts'
import type { OauthRun } from './requests.ts'
import type { OauthSecret } from './secret.ts'
import { requestTokens } from './token-request.ts'

/** A token request is not begun with less, in milliseconds: its answer has to be stored. */
export const leastMs = 15_000

/**
 * Uses the refresh token of the secret, once.
 * @returns the secret with what was given for it, as it was given: nothing was judged yet
 * @throws RotationError as `requestTokens` does; TimedOut where there is too little time to begin
 */
export async function refresh(refreshToken: string, run: OauthRun): Promise<OauthSecret> {
  const { context, provider, secret } = run
  if (context.remainingMs() < leastMs) {
    const what = say`Less than ${leastMs / 1000} seconds are left, with which a token request is not begun. Nothing was sent.`
    throw new RotationError('TimedOut', what, {
      likely: say`The timeout of the function is too short, or Secrets Manager was slow.`,
      remedy: say`Give the function a timeout of 60 seconds or more.`,
      effect: 'none',
    })
  }
  const sentAt = context.now()
  const answer = await requestTokens({ type: 'refresh_token', refreshToken }, run)
  const renewed = answer.refreshToken !== undefined && answer.refreshToken !== refreshToken
  const also = renewed ? say` and a new refresh token` : say`; the refresh token stays`
  context.did(say`had ${provider.description.title} give a new access token${also}`)
  if (provider.description.old_access_token === 'dies') {
    context.did(ours('the access token of AWSCURRENT is dead from now on until finishSecret has run'))
  }
  return withAnswer(secret, answer, provider.description, sentAt)
}
