import { say, type Words } from '../errors/words.ts'
import type { HttpTesting } from '../http/client.ts'
import type { RotationContext } from '../rotation/context.ts'
import { bearerFor } from './access-token.ts'
import { type Answer, ask, expectAnswer } from './call.ts'
import type { Authentication, ClientCredentials, RequestOf } from './description.ts'
import type { Kind } from './kind.ts'
import { managing } from './managing.ts'
import { markOf } from './marker.ts'
import { type Provider, providerOf } from './providers.ts'
import type { DescribedSecret } from './secret.ts'
import type { DescribedSettings } from './settings.ts'
import type { Sources } from './values.ts'

/** One step of a rotation at a provider. */
export interface Run {
  readonly kind: Kind
  readonly provider: Provider
  readonly context: RotationContext
  /** Sends one of the requests that manage credentials. Throws as `ask` does. */
  manage(request: RequestOf, purpose: Words, more?: More): Promise<Answer>
  /** The same, and it must be answered as is expected. Throws as `expectAnswer` does, too. */
  manageWell(request: RequestOf & Expected, purpose: Words, more?: More): Promise<Answer>
  /** Asks with the pending credential. */
  use(request: RequestOf, purpose: Words, pending: DescribedSecret): Promise<Answer>
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
  secret: DescribedSecret,
  kind: Kind,
  settings: DescribedSettings,
  testing: HttpTesting,
  context: RotationContext,
): Promise<Run> {
  const provider = await providerOf(secret, kind, settings, testing)
  let admin: ReturnType<typeof managing> | undefined
  let token: Promise<Authentication> | undefined

  /** One access token for all that a step asks. */
  function tokenFor(described: ClientCredentials, sources: Sources): Promise<Authentication> {
    token ??= bearerFor(described, sources, provider, context)
    return token
  }
  async function manage(request: RequestOf, purpose: Words, more: More = {}): Promise<Answer> {
    admin ??= managing(secret, kind, provider, settings, context)
    const documents = { secret: secret.json, current: secret.json, admin: await admin, ...more.documents }
    const sources = { documents, marker: more.marker ?? markOf(context.secretId), now: context.now() }
    const { manage: described } = provider.description.auth
    const auth = described.scheme === 'client_credentials' ? await tokenFor(described, sources) : described
    return ask({ request, auth, sources, purpose, repeatable: more.repeatable ?? true }, provider, context)
  }
  return {
    kind,
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

/** What a provider is asked to do, in the words of errors. */
export function purposes({ noun }: Kind) {
  return {
    make: say`make a ${noun}`,
    list: say`list its ${noun}s`,
    read: say`show the ${noun} that it has`,
    verify: say`let the new ${noun} in`,
    apply: say`take the new ${noun}`,
    revoke: (id: string) => say`revoke the ${noun} ${id}`,
  }
}
