import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { HttpAnswer } from '../../shared/http/client.ts'
import { parseJson } from '../../shared/json-secret.ts'
import { type Grant, type OauthRun, sendGrant } from './requests.ts'
import { credentialsIn } from './secret.ts'
import { refusalIn } from './token-errors.ts'

/** What a provider has given. Nothing but the access token was looked at yet: all of it is stored before it is judged. */
export interface TokenAnswer {
  readonly accessToken: string
  /** Undefined where the answer has none: the one that was sent lives on (RFC 6749 §6). */
  readonly refreshToken: string | undefined
  readonly json: Readonly<Record<string, unknown>>
}

/**
 * Makes one token request. The answer is concealed, and taken where it has a text that is not empty as `access_token`, whatever
 * else is odd about it and whatever its status is.
 * @throws RotationError ClientRefused, GrantRefused or ProviderRefused where the provider has said no, with `effect: 'none'`;
 *   ProviderFailed and AnswerUnusable, after which nobody knows what it has done; and as the guarded client does
 */
export async function requestTokens(grant: Grant, run: OauthRun): Promise<TokenAnswer> {
  const answer = await sendGrant(grant, run)
  const json = bodyOf(answer)
  if (json !== undefined) run.context.conceal(...credentialsIn(json))
  const refusal = refusalIn(answer.status, json, run)
  // What the entry knows for an error is one, even beside something that looks like a token.
  if (refusal?.isListed === true) throw refusal.error
  const accessToken = json?.access_token
  if (typeof accessToken === 'string' && accessToken !== '') {
    const { refresh_token: refreshToken } = json ?? {}
    const isText = typeof refreshToken === 'string' && refreshToken !== ''
    return { accessToken, refreshToken: isText ? refreshToken : undefined, json: json ?? {} }
  }
  if (refusal !== undefined) throw refusal.error
  const what = json === undefined ? say`that is neither JSON nor a form` : say`without a text "access_token"`
  throw new RotationError(
    'AnswerUnusable',
    say`${run.provider.description.title} answered ${answer.status} to a token request, with a body ${what}. The request may have been carried out.`,
    {
      likely: say`Something else than the token endpoint answers there, or "errors" of the entry lacks one of its errors.`,
    },
  )
}

/** JSON, or a form, as GitHub answers a request that does not ask for JSON. */
export function bodyOf({ text }: Pick<HttpAnswer, 'text'>): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = parseJson(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
    return undefined
  } catch {
    return /^[\w.-]+=[^<>\s]*$/.test(text) ? Object.fromEntries(new URLSearchParams(text)) : undefined
  }
}
