import { RotationError } from '../../shared/errors/rotation-error.ts'
import { joined, say } from '../../shared/errors/words.ts'
import { authorities } from '../../shared/http/authorities.ts'
import { guardedClient, type HttpClient, type HttpTesting } from '../../shared/http/client.ts'
import { bundled } from './bundled.ts'
import { checkedDescription } from './checks.ts'
import type { Description } from './description.ts'
import { refusedProviders } from './refused.ts'
import type { ApiKeySecret } from './secret.ts'
import type { ApiKeySettings } from './settings.ts'

/** Who mints the keys of a secret, and the way to it. */
export interface Provider {
  readonly description: Description
  readonly host: string
  readonly client: HttpClient
}

/**
 * The provider that a secret names, or the function's own.
 * @throws RotationError ProviderUnknown, InvalidDescription, HostNotAllowed, InvalidConfiguration
 */
export async function providerOf(
  secret: ApiKeySecret,
  settings: ApiKeySettings,
  testing: HttpTesting,
): Promise<Provider> {
  const description = descriptionOf(secret.provider ?? settings.provider, settings)
  const described =
    description.hosts === 'self-hosted' ? (settings.ownHosts[description.name] ?? []) : description.hosts
  const host = hostOf(secret, description, described, settings)
  const rules = { described, allowed: settings.hosts, private: settings.privateHosts, variable: 'API_KEY_HOSTS' }
  return { description, host, client: guardedClient(rules, await authorities(settings.caBundle), testing) }
}

/** @throws RotationError ProviderUnknown, InvalidDescription */
export function descriptionOf(name: string | undefined, { file }: Pick<ApiKeySettings, 'file'>): Description {
  if (name === undefined) {
    throw new RotationError('ProviderUnknown', say`Neither the secret nor API_KEY_PROVIDER says whose key it is.`, {
      likely: say`The secret is just a key, and the function has no provider of its own.`,
      remedy: say`Name the provider in the field "provider" of the secret, or for all secrets of the function in API_KEY_PROVIDER.`,
    })
  }
  const given = file?.descriptions.find((each) => nameIn(each) === name)
  if (file !== undefined && given !== undefined) return checkedDescription(given, file.path)
  const refused = Object.hasOwn(refusedProviders, name) ? refusedProviders[name] : undefined
  if (refused !== undefined)
    throw new RotationError('ProviderUnknown', say`Keys of "${name}" cannot be rotated by a machine.`, {
      likely: refused,
      remedy: say`Do as is said above.`,
    })
  const ready = Object.hasOwn(bundled, name) ? bundled[name] : undefined
  if (ready !== undefined) return checkedDescription(ready, `${name}.json`)
  const known = joined(Object.keys(bundled))
  throw new RotationError(
    'ProviderUnknown',
    say`No description of the provider "${name}" is in the function (it has ${known}).`,
  )
}

function nameIn(description: unknown): unknown {
  return typeof description === 'object' && description !== null && 'name' in description ? description.name : undefined
}

/** `params.host` chooses where there are several; it cannot lead anywhere that is not listed on both sides. */
function hostOf(
  { host }: ApiKeySecret,
  { title, name, hosts }: Description,
  described: readonly string[],
  { hosts: allowed }: ApiKeySettings,
): string {
  const possible = described.filter((each) => allowed.includes(each))
  // Letter by letter, and before a URL is made of it: "api.example.com/x?" would be a path, too.
  if (host !== undefined && possible.includes(host)) return host
  if (host !== undefined) {
    throw new RotationError(
      'HostNotAllowed',
      say`The host "${host}" in "params" of the secret is not one of ${title} that API_KEY_HOSTS lists. Nothing was sent.`,
      {
        effect: 'none',
      },
    )
  }
  const [only, ...more] = possible
  if (only !== undefined && more.length === 0) return only
  if (only !== undefined) {
    throw new RotationError(
      'InvalidSecret',
      say`${title} may be reached at ${joined(possible)}; the secret does not say at which.`,
      {
        likely: say`The provider has several sites, and more than one is listed in API_KEY_HOSTS.`,
        remedy: say`Name the host in the field "host" of "params" in the secret.`,
      },
    )
  }
  const entry =
    hosts === 'self-hosted' ? say`${name}=HOST, with the host of your own ${title}` : say`one of ${joined(described)}`
  throw new RotationError('HostNotAllowed', say`API_KEY_HOSTS lists no host of ${title}. Nothing was sent.`, {
    remedy: say`Put ${entry} into API_KEY_HOSTS (ApiKeyHosts in the template).`,
    effect: 'none',
  })
}
