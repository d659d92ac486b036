import { RotationError } from '../errors/rotation-error.ts'
import { say } from '../errors/words.ts'
import { at } from '../http/pointer.ts'
import type { RotationContext } from '../rotation/context.ts'
import { ask, expectAnswer } from './call.ts'
import type { Authentication, ClientCredentials } from './description.ts'
import type { Provider } from './providers.ts'
import type { Sources } from './values.ts'

/**
 * Has a client be given an access token for its own (RFC 6749 §4.4), and makes of it what requests are signed with.
 * @throws RotationError as a request does; AnswerUnusable where no token is in the answer
 */
export async function bearerFor(
  { path, parameters, client_id, client_secret, inForm, form = {} }: ClientCredentials,
  sources: Sources,
  provider: Provider,
  context: RotationContext,
): Promise<Authentication> {
  const purpose = say`give an access token to what manages its clients`
  const own = inForm ? { client_id, client_secret } : {}
  const request = {
    method: 'POST',
    path,
    parameters,
    form: { grant_type: 'client_credentials', ...own, ...form },
  } as const
  // A form with both would be two ways of authentication in one request, which RFC 6749 §2.3 forbids.
  const auth: Authentication = inForm
    ? { scheme: 'headers', headers: {} }
    : { scheme: 'client_secret_basic', client_id, client_secret }
  const answer = await ask({ request, auth, sources, repeatable: true }, provider, context)
  const token = at(answer.body, '/access_token')
  if (typeof token === 'string' && token !== '') {
    context.conceal(token)
    return { scheme: 'bearer', token }
  }
  expectAnswer(answer, { expect: [200] }, purpose, provider)
  throw new RotationError('AnswerUnusable', say`${provider.description.title} gave no "access_token" in its answer.`, {
    likely: say`"path" of "auth" in the description leads to another place than the token endpoint.`,
    effect: 'none',
  })
}
