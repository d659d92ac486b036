import { RotationError } from '../../shared/errors/rotation-error.ts'
import { joined, say } from '../../shared/errors/words.ts'
import { authorities } from '../../shared/http/authorities.ts'
import { guardedClient, type HttpClient, type HttpTesting } from '../../shared/http/client.ts'
import type { ProviderSettings } from '../../shared/http/provider-settings.ts'
import { bundled } from './bundled.ts'
import { checkedDescription, endpointsOf } from './checks.ts'
import type { Description } from './description.ts'
import type { OauthSecret } from './secret.ts'

/** The authorization server of a secret, and the way to it. */
export interface Provider {
  readonly description: Description
  readonly client: HttpClient
  /** The URL of one of the entry's endpoints, for this secret. @throws RotationError InvalidSecret */
  url(endpoint: string): URL
}

/**
 * The provider that a secret names, or the function's own.
 * @throws RotationError ProviderUnknown, InvalidDescription, HostNotAllowed, InvalidConfiguration, InvalidSecret
 */
export async function providerOf(
  secret: OauthSecret,
  settings: ProviderSettings,
  testing: HttpTesting,
): Promise<Provider> {
  const description = descriptionOf(secret.provider ?? settings.provider, settings)
  const host = hostOf(secret, description, settings)
  const fixed = endpointsOf(description).flatMap(([, url]) => /^https:\/\/([^{/]+)\//.exec(url)?.[1] ?? [])
  const described = host === undefined ? fixed : [...fixed, host]
  const rules = { described, allowed: settings.hosts, private: settings.privateHosts, variable: 'OAUTH_HOSTS' }
  return {
    description,
    client: guardedClient(rules, await authorities(settings.caBundle), testing),
    url: (endpoint) => urlOf(endpoint, { ...secret.params, ...(host === undefined ? {} : { host }) }),
  }
}

/** @throws RotationError ProviderUnknown, InvalidDescription */
export function descriptionOf(name: string | undefined, { file }: Pick<ProviderSettings, 'file'>): Description {
  if (name === undefined) {
    throw new RotationError(
      'ProviderUnknown',
      say`Neither the secret nor OAUTH_PROVIDER says who has issued the tokens.`,
      {
        likely: say`The secret is as the provider's client library writes it, and the function has no provider of its own.`,
        remedy: say`Name the provider in the field "provider" of the secret, or for all secrets of the function in OAUTH_PROVIDER.`,
      },
    )
  }
  const given = file?.descriptions.find((each) => nameIn(each) === name)
  if (file !== undefined && given !== undefined) return checkedDescription(given, file.path)
  const ready = Object.hasOwn(bundled, name) ? bundled[name] : undefined
  if (ready !== undefined) return checkedDescription(ready, `${name}.json`)
  const known = joined(Object.keys(bundled))
  throw new RotationError(
    'ProviderUnknown',
    say`No entry of the provider "${name}" is in the function (it has ${known}).`,
    {
      remedy: say`Name one of the providers of docs/oauth.md, or describe this one in a file and name that in OAUTH_PROVIDERS.`,
    },
  )
}

function nameIn(description: unknown): unknown {
  return typeof description === 'object' && description !== null && 'name' in description ? description.name : undefined
}

/** `params.host` chooses where there are several; it cannot lead anywhere that is not listed on both sides. */
function hostOf(
  { params }: OauthSecret,
  { title, name, hosts }: Description,
  { hosts: allowed, ownHosts }: ProviderSettings,
): string | undefined {
  if (hosts === undefined) return undefined
  const described = hosts === 'self-hosted' ? (ownHosts[name] ?? []) : hosts
  const possible = described.filter((each) => allowed.includes(each))
  const wanted = Object.hasOwn(params, 'host') ? params.host : undefined
  const [only, ...more] = possible
  if (wanted === undefined && only !== undefined && more.length === 0) return only
  // Letter by letter, and before a URL is made of it: "sso.example.com/x?" would be a path, too.
  if (wanted !== undefined && possible.includes(wanted)) return wanted
  if (wanted !== undefined) {
    const what = say`The host "${wanted}" in "params" of the secret is not one of ${title} that OAUTH_HOSTS lists.`
    throw new RotationError('HostNotAllowed', say`${what} Nothing was sent.`, { effect: 'none' })
  }
  if (only !== undefined) {
    throw new RotationError(
      'InvalidSecret',
      say`${title} may be reached at ${joined(possible)}; the secret does not say at which.`,
      {
        likely: say`The provider has several sites, and more than one is listed in OAUTH_HOSTS.`,
        remedy: say`Name the host in the field "host" of "params" in the secret.`,
      },
    )
  }
  const entry =
    hosts === 'self-hosted' ? say`${name}=HOST, with the host of your ${title}` : say`one of ${joined(described)}`
  throw new RotationError('HostNotAllowed', say`OAUTH_HOSTS lists no host of ${title}. Nothing was sent.`, {
    remedy: say`Put ${entry} into OAUTH_HOSTS (OauthHosts in the template).`,
    effect: 'none',
  })
}

/** A value in a path stays one step of it, whatever server decodes it how often. */
function urlOf(endpoint: string, params: Readonly<Record<string, string>>): URL {
  return new URL(
    endpoint.replaceAll(/\{([a-z_]+)\}/g, (_, name: string) => {
      const value = Object.hasOwn(params, name) ? (params[name] ?? '') : ''
      if (name === 'host') return value
      const isPlain =
        value !== '' && value !== '.' && value !== '..' && !/[/\\\p{Cc}]/u.test(value) && value.isWellFormed()
      if (isPlain) return encodeURIComponent(value)
      const what = value === '' ? say`is missing` : say`cannot be a step of a path`
      throw new RotationError('InvalidSecret', say`"${name}" in "params" of the secret ${what}.`, {
        remedy: say`Put it into "params" of the secret with put-secret-value: the provider's entry has it in an endpoint.`,
      })
    }),
  )
}
