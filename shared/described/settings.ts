import { readFileSync } from 'node:fs'
import { RotationError } from '../errors/rotation-error.ts'
import { ours, say } from '../errors/words.ts'
import { parseHosts } from '../http/hosts.ts'

export interface DescribedSettings {
  /** The provider of secrets that name none. */
  readonly provider: string | undefined
  /** Descriptions besides the bundled ones, not checked yet. */
  readonly file: { readonly path: string; readonly descriptions: readonly unknown[] } | undefined
  /** Hosts that credentials may be sent to. */
  readonly hosts: readonly string[]
  /** Hosts of products that people run themselves, by the provider's name. */
  readonly ownHosts: Readonly<Record<string, readonly string[]>>
  /** Those that may be in private networks. */
  readonly privateHosts: readonly string[]
  /** Secrets that a secret may name in admin_secret_arn. */
  readonly adminSecretArns: readonly string[]
  /** Whether a first credential, which nobody here has made, may be revoked when it has become AWSPREVIOUS's. */
  readonly revokeFirst: boolean
  readonly caBundle: string | undefined
}

/** The texts of a function's variables; an empty one counts as unset. */
export interface SettingTexts {
  readonly provider: string | undefined
  readonly providers: string | undefined
  readonly hosts: string | undefined
  readonly privateHosts: string | undefined
  readonly adminSecretArns: string | undefined
  readonly revokeFirst: boolean
  readonly caBundle: string | undefined
}

/**
 * Reads what a function is told about its providers.
 * @param prefix of its variables: `API_KEY`
 * @throws RotationError InvalidConfiguration, which names the variable
 */
export function describedSettings(prefix: string, texts: SettingTexts): DescribedSettings {
  const listed = (texts.hosts ?? '').split(/[\s,]+/).filter((entry) => entry !== '')
  const bound = listed.filter((entry) => entry.includes('='))
  return {
    provider: texts.provider || undefined,
    file: texts.providers ? fileOf(texts.providers, `${prefix}_PROVIDERS`) : undefined,
    hosts: parseHosts(listed.map((entry) => entry.replace(/^.*=/, '')).join(' '), `${prefix}_HOSTS`),
    ownHosts: Object.fromEntries(
      Map.groupBy(bound, (entry) => entry.split('=', 1)[0] ?? '')
        .entries()
        .map(([name, entries]) => [name, entries.map((entry) => entry.slice(name.length + 1))]),
    ),
    privateHosts: parseHosts(texts.privateHosts ?? '', `${prefix}_PRIVATE_HOSTS`),
    adminSecretArns: (texts.adminSecretArns ?? '').split(/[\s,]+/).filter((arn) => arn !== ''),
    revokeFirst: texts.revokeFirst,
    caBundle: texts.caBundle || undefined,
  }
}

/** Read at once, since what a description says decides whether setSecret has anything to do. */
function fileOf(path: string, variable: string): NonNullable<DescribedSettings['file']> {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    const why = error instanceof SyntaxError ? say`it is not JSON` : say`it cannot be read`
    throw new RotationError(
      'InvalidConfiguration',
      say`${ours(variable)} names ${path}, which cannot be used: ${why}.`,
      {
        likely: say`The path is wrong, or the layer with the file is missing.`,
        remedy: say`Put the file into a layer, and its path below /opt into ${ours(variable)}. It holds one description, or a list of them.`,
      },
    )
  }
  return { path, descriptions: Array.isArray(value) ? value : [value] }
}
