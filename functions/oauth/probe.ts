import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { HttpAnswer } from '../../shared/http/client.ts'
import type { Description } from './description.ts'
import type { OauthRun } from './requests.ts'

/**
 * Asks with the access token for something that every good one may ask for. A fault that may pass is asked through, twice.
 * @returns whether the token is let in
 * @throws RotationError TokenUnclear; as the guarded client does
 */
export async function probe(
  accessToken: string,
  { endpoint, headers = {}, alive, dead }: NonNullable<Description['probe']>,
  { provider, context }: OauthRun,
): Promise<boolean> {
  const call = {
    method: 'GET',
    url: provider.url(endpoint),
    headers: { accept: 'application/json', ...headers, authorization: `Bearer ${accessToken}` },
  } as const
  for (let tries = 1; ; tries++) {
    const outcome = await provider.client(call, context).catch((error: unknown) => error)
    const isAnswer = !(outcome instanceof Error)
    const { status } = isAnswer ? (outcome as HttpAnswer) : { status: 0 }
    if (alive.includes(status)) return true
    if (dead.includes(status)) return false
    const mayPass = isAnswer ? status === 429 || status >= 500 : outcome instanceof RotationError && outcome.retryable
    if (mayPass && tries < 3 && context.remainingMs() > 5_000) await context.sleep(tries * 500)
    else if (!isAnswer) throw outcome
    else {
      const what = say`${provider.description.title} answered ${status} to a request with the access token`
      throw new RotationError('TokenUnclear', say`${what}: that says neither that it works nor that it does not.`)
    }
  }
}
