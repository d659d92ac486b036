import { at } from '../../shared/http/pointer.ts'
import { numberIn } from '../../shared/json-secret.ts'
import type { Description } from './description.ts'
import { type OauthSecret, parseOauthSecret } from './secret.ts'
import type { TokenAnswer } from './token-request.ts'

/**
 * The secret with the tokens of an answer. A refresh token that was not given anew stays; an id_token is nobody's business here.
 * What is odd is kept as it was answered (`token_type`, `expires_in`, `scope_before`), so that testSecret can refuse it.
 * @param now when the request was sent, in milliseconds since 1970
 */
export function withAnswer(
  { json: before, scope }: OauthSecret,
  { accessToken, refreshToken, json: answer }: TokenAnswer,
  { refresh_token_life }: Pick<Description, 'refresh_token_life'>,
  now: number,
): OauthSecret {
  const { scope_before: _, ...rest } = before
  const fields: Record<string, unknown> = { ...rest, access_token: accessToken }
  if (refreshToken !== undefined) fields.refresh_token = refreshToken
  const life = lifeIn(answer.expires_in)
  // Unknown is better than the time of the token before.
  fields.expires_at = life === undefined ? undefined : sameForm(before.expires_at, now + life)
  const isOdd = life === undefined && answer.expires_in !== undefined && answer.expires_in !== null
  fields.expires_in = isOdd || Object.hasOwn(before, 'expires_in') ? answer.expires_in : undefined
  const refreshLife = refresh_token_life === undefined ? undefined : lifeIn(at(answer, refresh_token_life))
  if (refreshLife !== undefined) fields.refresh_expires_at = sameForm(before.refresh_expires_at, now + refreshLife)
  else if (refreshToken !== undefined) fields.refresh_expires_at = undefined
  const type = answer.token_type
  if (Object.hasOwn(before, 'token_type') || !isBearer(type)) fields.token_type = type ?? undefined
  if (typeof answer.scope === 'string') {
    fields.scope = answer.scope
    if (scope !== undefined && isNarrower(answer.scope, scope)) fields.scope_before = scope
  }
  return parseOauthSecret(JSON.stringify(fields))
}

/** Seconds, as a number or as a text of digits; undefined for what is not known or is none. @returns milliseconds */
export function lifeIn(value: unknown): number | undefined {
  const seconds =
    numberIn(value) ?? (typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN)
  return Number.isFinite(seconds) && seconds > 0 ? Math.floor(seconds) * 1000 : undefined
}

/** What is not said is taken for it: servers leave it out, and the probe shows whether it is. */
export function isBearer(type: unknown): boolean {
  return type === undefined || type === null || (typeof type === 'string' && type.toLowerCase() === 'bearer')
}

/** Whether a scope lacks something that the one before had. */
export function isNarrower(scope: string, before: string): boolean {
  const granted = new Set(scope.split(/[\s,]+/))
  return before.split(/[\s,]+/).some((each) => !granted.has(each))
}

/** As somebody has written the time before: seconds since 1970, or ISO 8601. */
function sameForm(before: unknown, time: number): number | string {
  return typeof before === 'string' && !/^\d+$/.test(before) ? new Date(time).toISOString() : Math.floor(time / 1000)
}
