import type { Words } from '../errors/words.ts'
import type { HttpTesting } from '../http/client.ts'
import type { RotationContext } from '../rotation/context.ts'
import { bearerFor } from './access-token.ts'
import { type Answer, ask, expectAnswer } from './call.ts'
import type { Authentication, ExpectingRequest } from './description.ts'
import type { DescribedSettings, Kind } from './kind.ts'
import { managing } from './managing.ts'
import { markOf } from './marker.ts'
import { type Provider, providerOf } from './providers.ts'
import type { DescribedSecret } from './secret.ts'
import type { Sources } from './values.ts'

/** One step of a rotation at a provider. */
export interface Run {
  readonly kind: Kind
  readonly provider: Provider
  readonly context: RotationContext
  /** As in the settings. */
  readonly revokeFirst: boolean
  /**
   * Sends one of the requests that manage credentials, which must be answered as is expected.
   * @param purpose in the words of errors: `make a key`
   * @throws RotationError as `ask` and `expectAnswer` do
   */
  manage(request: ExpectingRequest, purpose: Words, more?: More): Promise<Answer>
  /** Asks with the pending credential whether it works. Throws as `ask` does. */
  verify(pending: DescribedSecret): Promise<Answer>
  /** What a request with the pending credential is made of. */
  pendingSources(pending: DescribedSecret): Sources
}

/** What one request has besides what all requests of a run have. */
interface More {
  readonly marker?: string
  readonly documents?: Sources['documents']
  /** Whether a second request does no harm; true where it is left out. */
  readonly repeatable?: boolean
  /** Answers that the caller knows what to do with, besides the expected ones. */
  readonly known?: readonly number[] | undefined
}

/**
 * Finds the provider of a secret. The admin's secret is read when something is to be managed, once.
 * @throws RotationError as `providerOf` does
 */
export async function begin(
  secret: DescribedSecret,
  kind: Kind,
  settings: DescribedSettings,
  testing: HttpTesting,
  context: RotationContext,
): Promise<Run> {
  const provider = await providerOf(secret, kind, settings, testing)
  let admin: ReturnType<typeof managing> | undefined
  let token: Promise<Authentication> | undefined

  function sourcesOf(documents: Sources['documents'], marker = markOf(context.secretId)): Sources {
    return { documents, marker, now: context.now() }
  }
  /** One access token for all that a step asks, where the provider wants one. */
  async function managingAuth(sources: Sources): Promise<Authentication> {
    const { manage } = provider.description.auth
    if (manage.scheme !== 'client_credentials') return manage
    token ??= bearerFor(manage, sources, provider, context)
    return token
  }
  function pendingSources({ json }: DescribedSecret): Sources {
    return sourcesOf({ secret: json, pending: json })
  }
  return {
    kind,
    provider,
    context,
    revokeFirst: settings.revokeFirst,
    pendingSources,
    async manage(request, purpose, { marker, documents, repeatable = true, known = [] } = {}) {
      admin ??= managing(secret, kind, provider, settings, context)
      const sources = sourcesOf({ secret: secret.json, current: secret.json, admin: await admin, ...documents }, marker)
      const auth = await managingAuth(sources)
      const answer = await ask({ request, auth, sources, repeatable }, provider, context)
      if (!known.includes(answer.status)) expectAnswer(answer, request, purpose, provider)
      return answer
    },
    async verify(pending) {
      const { verify: request, auth } = provider.description
      const sources = pendingSources(pending)
      return ask({ request, auth: auth.use, sources, repeatable: true }, provider, context)
    },
  }
}
