import { RotationError } from '../../shared/errors/rotation-error.ts'
import { ours, say } from '../../shared/errors/words.ts'
import { claim } from '../../shared/rotation/claim.ts'
import { fingerprint } from '../../shared/rotation/claim-label.ts'
import type { OwnLabels } from '../../shared/rotation/secret-type.ts'
import { withAnswer } from './answer.ts'
import { type Base, latestLabel } from './base.ts'
import { graceMs } from './description.ts'
import { ended } from './ended.ts'
import type { OauthRun } from './requests.ts'
import type { OauthSecret } from './secret.ts'
import { introspectsActive } from './token-check.ts'
import { requestTokens } from './token-request.ts'

/** A token request is not begun with less, in milliseconds: its answer has to be stored. */
const leastMs = 15_000
/** What a request takes that is sent at the end of a grace. */
const marginMs = 10_000

/**
 * Refreshes where a refresh token lives on: it may be sent as often as one likes.
 * @throws RotationError as `refresh` does, and ReauthorizationRequired
 */
export async function refreshFreely(
  refreshToken: string,
  base: Base,
  run: OauthRun,
  own: OwnLabels<OauthSecret>,
): Promise<OauthSecret> {
  try {
    return await refresh(refreshToken, run)
  } catch (error) {
    if (error instanceof RotationError && error.code === 'GrantRefused') throw await ended(base, run, own)
    throw error
  }
}

/**
 * Refreshes where a refresh token can be used once, or is answered again for a while only: claims it before it is sent, and never
 * sends one again that may have been used, unless the provider's entry has it that it may.
 * @throws RotationError as `claim` and `refresh` do, and ReauthorizationRequired
 */
export async function refreshClaimed(
  refreshToken: string,
  base: Base,
  run: OauthRun,
  own: OwnLabels<OauthSecret>,
): Promise<OauthSecret> {
  const { context } = run
  const { description } = run.provider
  const end = () => ended(base, run, own)
  // Before anything is used up: that the answer can be stored, and that its label is not one too many (AWS: 20 for all versions of a
  // secret). Where the label is by now, AWS leaves it.
  await own.putAgain(base.version, latestLabel)
  const held = [...(await own.labels()).values()].flat()
  if (!held.includes(latestLabel)) await own.move(latestLabel, { to: base.version.id })
  const thing = {
    what: ours('refresh token'),
    use: fingerprint(refreshToken),
    version: base.version,
    leastMs,
    async mayBeUsedAgain(since: number) {
      const age = context.now() - since
      if (age < graceMs(description) - marginMs) return true
      return description.consumed_refresh_token_introspects !== undefined && introspectsActive(refreshToken, run)
    },
  }
  const claimed = await claim(thing, own, context, end)
  if ('stored' in claimed) {
    context.did(say`found the tokens that another run was given`)
    return claimed.stored
  }
  try {
    return await refresh(refreshToken, run)
  } catch (error) {
    // What was refused, or never left, was not used: the next run may try. What nobody knows of stays claimed.
    if (!(error instanceof RotationError) || error.effect !== 'none') throw error
    const isRefused = error.code === 'GrantRefused'
    if (isRefused && !(await isOutOfDate(base, own))) throw await end()
    await claimed.giveBack().catch(() => undefined)
    if (!isRefused) throw error
    const what = say`The refresh token was refused, and the secret has another one by now.`
    throw new RotationError('VersionConflict', what)
  }
}

/** Whether the tokens that were used are not the newest ones any more. */
async function isOutOfDate({ version }: Base, own: OwnLabels<OauthSecret>): Promise<boolean> {
  const holders = (labels: Awaited<ReturnType<typeof own.labels>>) =>
    [...labels].filter(([, held]) => held.includes(latestLabel) || held.includes('AWSCURRENT')).map(([id]) => id)
  const before = holders(await own.labels())
  return holders(await own.labelsNow()).some((id) => !before.includes(id) && id !== version.id)
}

/**
 * Uses the refresh token of the secret, once.
 * @returns the secret with what was given for it, as it was given: nothing was judged yet
 * @throws RotationError as `requestTokens` does; TimedOut where there is too little time to begin
 */
async function refresh(refreshToken: string, run: OauthRun): Promise<OauthSecret> {
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
