import { clientOf, described, hostOf } from '../../shared/described/lookup.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { joined, say } from '../../shared/errors/words.ts'
import type { HttpClient, HttpTesting } from '../../shared/http/client.ts'
import { isPathStep } from '../../shared/http/hosts.ts'
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
  const { hosts } = description
  const host = hosts === undefined ? undefined : hostOf(secret.params.host, { ...description, hosts }, settings)
  const fixed = endpointsOf(description).flatMap(([, url]) => /^https:\/\/([^{/]+)\//.exec(url)?.[1] ?? [])
  return {
    description,
    client: await clientOf(host === undefined ? fixed : [...fixed, host], settings, testing),
    url: (endpoint) => urlOf(endpoint, { ...secret.params, ...(host === undefined ? {} : { host }) }),
  }
}

/** @throws RotationError ProviderUnknown, InvalidDescription */
export function descriptionOf(name: string | undefined, settings: Pick<ProviderSettings, 'file'>): Description {
  if (name === undefined) {
    const what = say`Neither the secret nor OAUTH_PROVIDER says who has issued the tokens.`
    throw new RotationError('ProviderUnknown', what, {
      likely: say`The secret is as the provider's client library writes it, and the function has no provider of its own.`,
      remedy: say`Name the provider in the field "provider" of the secret, or for all secrets of the function in OAUTH_PROVIDER.`,
    })
  }
  const found = described(name, settings, bundled, checkedDescription)
  if (found !== undefined) return found
  const what = say`No entry of the provider "${name}" is in the function (it has ${joined(Object.keys(bundled))}).`
  throw new RotationError('ProviderUnknown', what, {
    remedy: say`Name one of the providers of docs/oauth.md, or describe this one in a file and name that in OAUTH_PROVIDERS.`,
  })
}

/** As `descriptionOf`, for callers that can do without an entry: undefined where there is none, or only a wrong one. */
export function entryOf(name: string | undefined, settings: ProviderSettings): Description | undefined {
  try {
    return descriptionOf(name, settings)
  } catch {
    return undefined
  }
}

function urlOf(endpoint: string, params: Readonly<Record<string, string>>): URL {
  return new URL(
    endpoint.replaceAll(/\{([a-z_]+)\}/g, (_, name: string) => {
      const value = Object.hasOwn(params, name) ? (params[name] ?? '') : ''
      if (name === 'host') return value
      if (value !== '' && isPathStep(value)) return encodeURIComponent(value)
      const what = value === '' ? say`is missing` : say`cannot be a step of a path`
      throw new RotationError('InvalidSecret', say`"${name}" in "params" of the secret ${what}.`, {
        remedy: say`Put it into "params" of the secret with put-secret-value: the provider's entry has it in an endpoint.`,
      })
    }),
  )
}
