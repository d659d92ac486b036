import '../../shared/http/oauth-error-codes.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { kind, ours, say, type Words } from '../../shared/errors/words.ts'
import { at } from '../../shared/http/pointer.ts'
import type { Method } from './description.ts'
import type { OauthRun } from './requests.ts'

/** That a provider has said no, or has a fault of its own. */
interface Refusal {
  readonly error: RotationError
  /** Whether the provider's entry knows the answer for an error. */
  readonly isListed: boolean
}

type Meaning = 'invalid_grant' | 'invalid_client' | 'temporary' | 'other'

/**
 * What an answer of a token endpoint says no with: by the list of the entry, whatever the status; else by the status, since a
 * server that has a fault or too much to do says nothing about the grant; else by RFC 6749 §5.2.
 * @returns undefined where it says no such thing
 */
export function refusalIn(
  status: number,
  json: Readonly<Record<string, unknown>> | undefined,
  run: Pick<OauthRun, 'provider' | 'authentication'>,
): Refusal | undefined {
  const { errors, title } = run.provider.description
  const listed = errors.find(({ pointer, equals }) => at(json, pointer) === equals)
  const meaning = listed?.means ?? meaningOf(status, json)
  if (meaning === undefined) return undefined
  const said = listed?.equals ?? errorIn(json)
  const named = said === undefined ? ours('') : say` (${said})`
  const what = say`${title} answered ${status}${named} to a token request`
  return { error: errorOf(meaning, status, what, run.authentication.method), isListed: listed !== undefined }
}

function meaningOf(status: number, json: Readonly<Record<string, unknown>> | undefined): Meaning | undefined {
  if (status === 429 || status >= 500) return 'temporary'
  const said = errorIn(json)
  if (said === 'invalid_grant' || said === 'invalid_client') return said
  if (said === 'temporarily_unavailable' || said === 'slow_down' || said === 'server_error') return 'temporary'
  // The challenge of RFC 6749 §5.2: servers that send it may leave out the body.
  if (status === 401) return said === undefined ? 'invalid_client' : 'other'
  return said !== undefined || status >= 400 ? 'other' : undefined
}

function errorIn(json: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const said = json === undefined || !Object.hasOwn(json, 'error') ? undefined : json.error
  return typeof said === 'string' && /^[\w.-]{1,64}$/.test(said) ? said : undefined
}

const others: Readonly<Partial<Record<Method, Method>>> = {
  client_secret_basic: 'client_secret_post',
  client_secret_post: 'client_secret_basic',
}

function errorOf(meaning: Meaning, status: number, what: Words, method: Method): RotationError {
  // Who is refused because of too many requests was not served. What a server did before a fault of its own, nobody knows.
  const effect = status < 500 ? 'none' : 'possible'
  if (meaning === 'temporary') return new RotationError('ProviderFailed', say`${what}.`, { effect })
  if (meaning === 'invalid_grant') return new RotationError('GrantRefused', say`${what}.`, { effect: 'none' })
  if (meaning === 'other') {
    return new RotationError('ProviderRefused', say`${what}.`, {
      likely: say`The client may not use this grant or scope, or the provider asks for a field that the request does not have.`,
      remedy: say`Look the error up in the provider's documentation; fields that are missing go into "token_parameters" of the entry.`,
      effect: 'none',
    })
  }
  const refused = say`${what}: it does not take the client, which was sent as ${ours(method)}.`
  const other = others[method]
  if (other === undefined) return new RotationError('ClientRefused', refused, { effect: 'none' })
  const hint = say`If the secret is right, the provider may want ${kind(other)} instead.`
  return new RotationError('ClientRefused', say`${refused} ${hint}`, {
    remedy: say`Correct "client_id" and "client_secret" with put-secret-value; or describe the provider in a file of OAUTH_PROVIDERS with "client_authentication": "${ours(other)}".`,
    effect: 'none',
  })
}
