import { type DescribedSettings, describedSettings } from '../../shared/described/settings.ts'
import { type Environment, oneOf } from '../../shared/environment.ts'

/**
 * Reads API_KEY_PROVIDER, API_KEY_PROVIDERS (the path of a file), API_KEY_HOSTS and API_KEY_PRIVATE_HOSTS,
 * ADMIN_SECRET_ARNS, API_KEY_REVOKE_FIRST (`true` or `false`) and HTTP_CA_BUNDLE (the path of a PEM file).
 * @throws RotationError InvalidConfiguration
 */
export function settings(env: Environment): DescribedSettings {
  return describedSettings('API_KEY', {
    provider: env.API_KEY_PROVIDER,
    providers: env.API_KEY_PROVIDERS,
    hosts: env.API_KEY_HOSTS,
    privateHosts: env.API_KEY_PRIVATE_HOSTS,
    adminSecretArns: env.ADMIN_SECRET_ARNS,
    revokeFirst: oneOf('API_KEY_REVOKE_FIRST', env, ['false', 'true']) === 'true',
    caBundle: env.HTTP_CA_BUNDLE,
  })
}
