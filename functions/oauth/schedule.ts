import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { OauthRun } from './requests.ts'
import type { OauthSecret } from './secret.ts'

const dayMs = 24 * 3_600_000

/** Says in the log what a schedule is too slow for. It is no error: the application may refresh by itself, or live without. */
export function warnOfSchedule(
  { expiresAt, refreshExpiresAt, json }: OauthSecret,
  { context }: OauthRun,
  rotationDays: number | undefined,
): void {
  const now = context.now()
  // Then something else than the schedule starts rotations.
  if (rotationDays === undefined || json.on_demand === true) return
  if (refreshExpiresAt !== undefined && rotationDays * dayMs > (refreshExpiresAt - now) / 3) {
    const days = Math.floor((refreshExpiresAt - now) / dayMs)
    context.did(
      say`warning: the refresh token lives for ${days} days, and a rotation is due every ${rotationDays}: two that fail cost the grant. Rotate at least every ${Math.max(1, Math.floor(days / 3))} days`,
    )
  }
  if (expiresAt !== undefined && rotationDays * dayMs > expiresAt - now) {
    const minutes = Math.floor((expiresAt - now) / 60_000)
    context.did(
      say`warning: the access token lives for ${minutes} minutes, and a rotation is due every ${rotationDays} days: rotate on demand with EventBridge Scheduler (docs/oauth.md), or let the application refresh by itself, without this function`,
    )
  }
}

/**
 * That an access token which only rotations renew lives until the next one.
 * @param life in milliseconds; undefined where the provider does not say it
 * @throws RotationError TokenTooShort. The token that was given expires by itself
 */
export function checkLife(
  life: number | undefined,
  { json }: OauthSecret,
  { context, provider }: OauthRun,
  rotationDays: number | undefined,
): void {
  if (rotationDays === undefined || json.on_demand === true) return
  if (life === undefined) {
    context.did(say`${provider.description.title} does not say how long the access token lives`)
    return
  }
  if (life >= rotationDays * dayMs) return
  throw new RotationError(
    'TokenTooShort',
    say`The access token lives for ${Math.floor(life / 60_000)} minutes, and a rotation is due every ${rotationDays} days: applications would have a dead one for most of the time.`,
    { effect: 'none' },
  )
}
