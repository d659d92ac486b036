import { readFileSync } from 'node:fs'
import { type Environment, oneOf } from '../../shared/environment.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { parseHosts } from '../../shared/http/hosts.ts'

export interface ApiKeySettings {
  /** The provider of secrets that name none. */
  readonly provider: string | undefined
  /** Descriptions besides the bundled ones, not checked yet. */
  readonly file: { readonly path: string; readonly descriptions: readonly unknown[] } | undefined
  /** Hosts that keys may be sent to. */
  readonly hosts: readonly string[]
  /** Hosts of products that people run themselves, by the provider's name. */
  readonly ownHosts: Readonly<Record<string, readonly string[]>>
  /** Those that may be in private networks. */
  readonly privateHosts: readonly string[]
  /** Secrets that a secret may name in admin_secret_arn. */
  readonly adminSecretArns: readonly string[]
  /** Whether a first key, which nobody here has made, may be revoked when it has become AWSPREVIOUS's. */
  readonly revokeFirst: boolean
  readonly caBundle: string | undefined
}

/**
 * Reads API_KEY_PROVIDER, API_KEY_PROVIDERS (the path of a file), API_KEY_HOSTS and API_KEY_PRIVATE_HOSTS,
 * ADMIN_SECRET_ARNS, API_KEY_REVOKE_FIRST (`true` or `false`) and HTTP_CA_BUNDLE (the path of a PEM file).
 * @throws RotationError InvalidConfiguration
 */
export function settings(env: Environment): ApiKeySettings {
  const listed = (env.API_KEY_HOSTS ?? '').split(/[\s,]+/).filter((entry) => entry !== '')
  const bound = listed.filter((entry) => entry.includes('='))
  const privateHosts = parseHosts(env.API_KEY_PRIVATE_HOSTS ?? '', 'API_KEY_PRIVATE_HOSTS')
  return {
    provider: env.API_KEY_PROVIDER || undefined,
    file: env.API_KEY_PROVIDERS ? fileOf(env.API_KEY_PROVIDERS) : undefined,
    hosts: parseHosts(listed.map((entry) => entry.replace(/^.*=/, '')).join(' '), 'API_KEY_HOSTS'),
    ownHosts: Object.fromEntries(
      Map.groupBy(bound, (entry) => entry.split('=', 1)[0] ?? '')
        .entries()
        .map(([name, entries]) => [name, entries.map((entry) => entry.slice(name.length + 1))]),
    ),
    privateHosts,
    adminSecretArns: (env.ADMIN_SECRET_ARNS ?? '').split(/[\s,]+/).filter((arn) => arn !== ''),
    revokeFirst: oneOf('API_KEY_REVOKE_FIRST', env, ['false', 'true']) === 'true',
    caBundle: env.HTTP_CA_BUNDLE || undefined,
  }
}

/** Read at once, since what a description says decides whether setSecret has anything to do. */
function fileOf(path: string): NonNullable<ApiKeySettings['file']> {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    const why = error instanceof SyntaxError ? say`it is not JSON` : say`it cannot be read`
    throw new RotationError(
      'InvalidConfiguration',
      say`API_KEY_PROVIDERS names ${path}, which cannot be used: ${why}.`,
      {
        likely: say`The path is wrong, or the layer with the file is missing.`,
        remedy: say`Put the file into a layer, and its path below /opt into API_KEY_PROVIDERS. It holds one description, or a list of them.`,
      },
    )
  }
  return { path, descriptions: Array.isArray(value) ? value : [value] }
}
