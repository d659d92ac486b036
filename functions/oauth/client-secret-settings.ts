import type { DescribedSettings } from '../../shared/described/kind.ts'
import { type Environment, oneOf } from '../../shared/environment.ts'
import { listIn } from '../../shared/http/hosts.ts'
import { settings } from './settings.ts'

/**
 * Reads the variables of all OAuth functions, ADMIN_SECRET_ARNS, and OAUTH_REVOKE_FIRST (`true` or `false`). In the file of
 * OAUTH_PROVIDERS, the entry of a provider has in its member `client_secret` how secrets of clients are made there; those
 * without are for the other functions.
 * @throws RotationError InvalidConfiguration
 */
export function clientSecretSettings(env: Environment): DescribedSettings {
  const { file, ...others } = settings(env)
  return {
    ...others,
    file: file && { path: `${file.path} (client_secret)`, descriptions: file.descriptions.flatMap(described) },
    adminSecretArns: listIn(env.ADMIN_SECRET_ARNS),
    revokeFirst: oneOf('OAUTH_REVOKE_FIRST', env, ['false', 'true']) === 'true',
  }
}

/** Name, title and hosts are the provider's, whatever is rotated there. */
function described(entry: unknown): object[] {
  const { name, title, hosts, client_secret } = (entry ?? {}) as Readonly<Record<string, unknown>>
  return typeof client_secret === 'object' && client_secret !== null ? [{ name, title, hosts, ...client_secret }] : []
}
