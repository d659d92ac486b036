import { readFileSync } from 'node:fs'
import { RotationError } from '../errors/rotation-error.ts'
import { ours, say } from '../errors/words.ts'
import { listIn, parseHosts } from './hosts.ts'

/** What every function asks of its variables that talks to providers which are described by data. */
export interface ProviderSettings {
  /** Before the names of the function's variables: `API_KEY` of `API_KEY_HOSTS`. */
  readonly prefix: 'API_KEY' | 'OAUTH'
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
  readonly caBundle: string | undefined
}

/**
 * Reads PREFIX_PROVIDER, PREFIX_PROVIDERS (the path of a file), PREFIX_HOSTS, PREFIX_PRIVATE_HOSTS and HTTP_CA_BUNDLE (the
 * path of a PEM file). Each function takes them out of its environment by their full names, by which they can be found.
 * @param texts of the variables; an empty one counts as unset
 * @throws RotationError InvalidConfiguration
 */
export function providerSettings(
  prefix: ProviderSettings['prefix'],
  texts: Readonly<Record<'provider' | 'providers' | 'hosts' | 'privateHosts' | 'caBundle', string | undefined>>,
): ProviderSettings {
  const listed = listIn(texts.hosts)
  const bound = listed.filter((entry) => entry.includes('='))
  return {
    prefix,
    provider: texts.provider || undefined,
    file: texts.providers ? fileOf(texts.providers, `${prefix}_PROVIDERS`) : undefined,
    hosts: parseHosts(listed.map((entry) => entry.replace(/^.*=/, '')).join(' '), `${prefix}_HOSTS`),
    ownHosts: Object.fromEntries(
      Map.groupBy(bound, (entry) => entry.split('=', 1)[0] ?? '')
        .entries()
        .map(([name, entries]) => [name, entries.map((entry) => entry.slice(name.length + 1))]),
    ),
    privateHosts: parseHosts(texts.privateHosts ?? '', `${prefix}_PRIVATE_HOSTS`),
    caBundle: texts.caBundle || undefined,
  }
}

/** Read at once, since what a description says decides whether setSecret has anything to do. */
function fileOf(path: string, variable: string): NonNullable<ProviderSettings['file']> {
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
