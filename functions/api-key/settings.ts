import type { DescribedSettings } from '../../shared/described/kind.ts'
import { type Environment, oneOf } from '../../shared/environment.ts'
import { listIn } from '../../shared/http/hosts.ts'
import { providerSettings } from '../../shared/http/provider-settings.ts'

/**
 * Reads API_KEY_PROVIDER, API_KEY_PROVIDERS (the path of a file), API_KEY_HOSTS and API_KEY_PRIVATE_HOSTS,
 * ADMIN_SECRET_ARNS, API_KEY_REVOKE_FIRST (`true` or `false`) and HTTP_CA_BUNDLE (the path of a PEM file).
 * @throws RotationError InvalidConfiguration
 */
export function settings(env: Environment): DescribedSettings {
  return {
    ...providerSettings('API_KEY', {
      provider: env.API_KEY_PROVIDER,
      providers: env.API_KEY_PROVIDERS,
      hosts: env.API_KEY_HOSTS,
      privateHosts: env.API_KEY_PRIVATE_HOSTS,
      caBundle: env.HTTP_CA_BUNDLE,
    }),
    adminSecretArns: listIn(env.ADMIN_SECRET_ARNS),
    revokeFirst: oneOf('API_KEY_REVOKE_FIRST', env, ['false', 'true']) === 'true',
  }
}
