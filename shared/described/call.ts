import { type ErrorDetails, RotationError } from '../errors/rotation-error.ts'
import { say, type Words } from '../errors/words.ts'
import type { HttpAnswer, HttpCall } from '../http/client.ts'
import { isPathStep } from '../http/hosts.ts'
import { at } from '../http/pointer.ts'
import { parseJson } from '../json-secret.ts'
import type { RotationContext } from '../rotation/context.ts'
import type { Assertion, Authentication, RequestOf, Scalars } from './description.ts'
import type { Provider } from './providers.ts'
import { waitFor } from './repetition.ts'
import { type Sources, textOf, treeOf } from './values.ts'

/** One request of a description, with all that its values may come from. */
export interface Asking {
  readonly request: RequestOf
  readonly auth: Authentication
  readonly sources: Sources
  /** Whether a second request does no harm: then one is repeated that failed for a reason that may pass. */
  readonly repeatable: boolean
}

export interface Answer {
  readonly status: number
  /** Parsed JSON; undefined where there was none. */
  readonly body: unknown
}

/**
 * Sends a request. What only one of may arrive is sent again if no byte of it can have left, and else never.
 * @throws RotationError of the guarded client, InvalidSecret for values that a request cannot carry
 */
export async function ask(asking: Asking, { client, host }: Provider, context: RotationContext): Promise<Answer> {
  const call = callOf(asking, host)
  for (let tries = 1; ; tries++) {
    try {
      const answer = await client(call, context)
      if (!asking.repeatable || tries === 3 || !(await waitFor(answer, tries, context))) return read(answer)
    } catch (error) {
      if (!(error instanceof RotationError) || !error.retryable || tries === 3) throw error
      // A redirect, or a page of a firewall: the same comes back in a moment.
      if (error.code === 'AnswerUnusable') throw error
      if (!asking.repeatable && error.effect === 'possible') throw error
      if (!(await waitFor(undefined, tries, context))) throw error
    }
  }
}

function read({ status, text }: HttpAnswer): Answer {
  try {
    return { status, body: parseJson(text) }
  } catch {
    return { status, body: undefined } // an empty answer, or a page in HTML: a caller that needs a member of it will not find it
  }
}

function callOf({ request, auth, sources }: Asking, host: string): HttpCall {
  const { method, path, parameters = {}, query = {}, headers = {}, json, form } = request
  const url = new URL(
    `https://${host}${path.replaceAll(/\{([a-z_]+)\}/g, (_, name: string) => segment(name, textOf(parameters[name] ?? '', sources)))}`,
  )
  for (const [name, value] of Object.entries(textsOf(query, sources))) url.searchParams.set(name, value)
  const fixed: Record<string, string> = { accept: 'application/json' }
  let body: string | undefined
  if (form !== undefined) {
    fixed['content-type'] = 'application/x-www-form-urlencoded'
    body = new URLSearchParams(textsOf(form, sources)).toString()
  } else if (json !== undefined) {
    fixed['content-type'] = 'application/json'
    body = JSON.stringify(treeOf(json, sources))
  }
  return { method, url, body, headers: { ...fixed, ...headers, ...credentials(auth, sources) } }
}

function segment(name: string, value: string): string {
  if (isPathStep(value)) return encodeURIComponent(value)
  throw new RotationError(
    'InvalidSecret',
    say`"${name}" cannot be a step of a path: it is ".", "..", or has a slash or a control character.`,
  )
}

function credentials(auth: Authentication, sources: Sources): Record<string, string> {
  if (auth.scheme === 'bearer') return { authorization: `Bearer ${textOf(auth.token, sources)}` }
  if (auth.scheme === 'basic') return basic(textOf(auth.username, sources), textOf(auth.password, sources))
  if (auth.scheme === 'client_secret_basic') {
    return basic(formEncoded(textOf(auth.client_id, sources)), formEncoded(textOf(auth.client_secret, sources)))
  }
  return textsOf(auth.headers, sources)
}

function basic(username: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }
}

/** RFC 6749, appendix B. */
function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}

function textsOf(scalars: Scalars, sources: Sources): Record<string, string> {
  return Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, textOf(value, sources)]))
}

/**
 * That an answer is what was hoped for: its status, and what the description wants of its members.
 * @param purpose for errors: `make a key`
 * @throws RotationError ProviderRefused, ProviderFailed or AnswerUnusable; nothing of the answer but its status is in them
 */
export function expectAnswer(
  { status, body }: Answer,
  wanted: { readonly expect: readonly number[]; readonly assert?: readonly Assertion[] | undefined },
  purpose: Words,
  { description: { title } }: Provider,
): void {
  const asked = say`${title} answered ${status} when it was asked to ${purpose}`
  if (!wanted.expect.includes(status)) throw unexpected(status, asked)
  const broken = (wanted.assert ?? []).find((assertion) => !holds(assertion, body))
  if (broken === undefined) return
  throw new RotationError(
    'ProviderRefused',
    say`${asked}, but "${broken.pointer}" of the answer is not as it is when that was done.`,
    { likely: say`The provider reports errors inside of answers that look good.` },
  )
}

/** Whether an answer is as a description wants one of its members. */
export function holds(assertion: Assertion, body: unknown): boolean {
  const found = at(body, assertion.pointer)
  if ('equals' in assertion) return found === assertion.equals
  // Cloudflare has `errors: []` where there are none.
  return found === undefined || found === null || (Array.isArray(found) && found.length === 0)
}

const detailsOf: Readonly<Record<number, Pick<ErrorDetails, 'likely' | 'remedy'>>> = {
  401: { likely: say`What manages them is wrong, was revoked or has expired.` },
  403: {
    likely: say`What manages them lacks the right, or there are as many already as the provider allows.`,
    remedy: say`Where no more are allowed, revoke at the provider one that is in no version of the secret and that nobody uses; else give what manages them the right.`,
  },
  404: { likely: say`A field of "params" in the secret is wrong, or the provider has another path by now.` },
}

function unexpected(status: number, asked: Words): RotationError {
  // A refusal has done nothing. What a server did before a fault of its own, nobody knows.
  const effect = status >= 400 && status < 500 ? 'none' : 'possible'
  if (status === 429 || status >= 500) return new RotationError('ProviderFailed', say`${asked}.`, { effect })
  if (status < 400) {
    return new RotationError('AnswerUnusable', say`${asked}, which the description does not expect.`, { effect })
  }
  return new RotationError('ProviderRefused', say`${asked}.`, { effect, ...detailsOf[status] })
}
