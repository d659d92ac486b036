import type { Environment } from '../../shared/environment.ts'
import { type ProviderSettings, providerSettings } from '../../shared/http/provider-settings.ts'

/**
 * Reads OAUTH_PROVIDER, OAUTH_PROVIDERS (the path of a file with entries), OAUTH_HOSTS, OAUTH_PRIVATE_HOSTS and HTTP_CA_BUNDLE
 * (the path of a PEM file).
 * @throws RotationError InvalidConfiguration
 */
export function settings(env: Environment): ProviderSettings {
  return providerSettings('OAUTH', {
    provider: env.OAUTH_PROVIDER,
    providers: env.OAUTH_PROVIDERS,
    hosts: env.OAUTH_HOSTS,
    privateHosts: env.OAUTH_PRIVATE_HOSTS,
    caBundle: env.HTTP_CA_BUNDLE,
  })
}
