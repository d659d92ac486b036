import { say, type Words } from '../../shared/errors/words.ts'
import type { HttpTesting } from '../../shared/http/client.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import { type Answer, ask, expectAnswer } from './call.ts'
import type { RequestOf } from './description.ts'
import { managing } from './managing.ts'
import { markOf } from './marker.ts'
import { type Provider, providerOf } from './providers.ts'
import type { ApiKeySecret } from './secret.ts'
import type { ApiKeySettings } from './settings.ts'
import type { Sources } from './values.ts'

/** One step of a rotation at a provider. */
export interface Run {
  readonly provider: Provider
  readonly context: RotationContext
  /** Sends one of the requests that manage keys. Throws as `ask` does. */
  manage(request: RequestOf, purpose: Words, more?: More): Promise<Answer>
  /** The same, and it must be answered as is expected. Throws as `expectAnswer` does, too. */
  manageWell(request: RequestOf & Expected, purpose: Words, more?: More): Promise<Answer>
  /** Asks with the pending key. */
  use(request: RequestOf, purpose: Words, pending: ApiKeySecret): Promise<Answer>
}

interface Expected {
  readonly expect: readonly number[]
}

/** What a request has besides what all of a run have. */
interface More {
  readonly marker?: string
  readonly documents?: Sources['documents']
  /** Whether a second request does no harm; so it is where nothing is said. */
  readonly repeatable?: boolean
}

/**
 * Finds the provider of a secret. The admin's secret is read when something is to be managed, once.
 * @throws RotationError as `providerOf` does
 */
export async function begin(
  secret: ApiKeySecret,
  settings: ApiKeySettings,
  testing: HttpTesting,
  context: RotationContext,
): Promise<Run> {
  const provider = await providerOf(secret, settings, testing)
  let admin: ReturnType<typeof managing> | undefined

  async function manage(request: RequestOf, purpose: Words, more: More = {}): Promise<Answer> {
    admin ??= managing(secret, provider, settings, context)
    const documents = { secret: secret.json, current: secret.json, admin: await admin, ...more.documents }
    const sources = { documents, marker: more.marker ?? markOf(context.secretId), now: context.now() }
    const { manage: auth } = provider.description.auth
    return ask({ request, auth, sources, purpose, repeatable: more.repeatable ?? true }, provider, context)
  }
  return {
    provider,
    context,
    manage,
    async manageWell(request, purpose, more) {
      const answer = await manage(request, purpose, more)
      expectAnswer(answer, request, { purpose }, provider)
      return answer
    },
    async use(request, purpose, pending) {
      const documents = { secret: pending.json, pending: pending.json }
      const sources = { documents, marker: markOf(context.secretId), now: context.now() }
      const { use: auth } = provider.description.auth
      return ask({ request, auth, sources, purpose, repeatable: true }, provider, context)
    },
  }
}

export const purposes = {
  make: say`make a key`,
  list: say`list its keys`,
  verify: say`let the new key in`,
  apply: say`take the new key`,
  revoke: (keyId: string) => say`revoke the key ${keyId}`,
} as const
