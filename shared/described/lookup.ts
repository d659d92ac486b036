import { RotationError } from '../errors/rotation-error.ts'
import { joined, ours, say } from '../errors/words.ts'
import { authorities } from '../http/authorities.ts'
import { guardedClient, type HttpClient, type HttpTesting } from '../http/client.ts'
import { at } from '../http/pointer.ts'
import type { ProviderSettings } from '../http/provider-settings.ts'

/** What a description says of a provider, whatever is rotated there. */
interface Described {
  readonly name: string
  readonly title: string
  readonly hosts: 'self-hosted' | readonly string[]
}

/**
 * The description of a provider: the one in the file of the operator, else the one that comes with the function.
 * @param check what makes a description of what was read out of JSON
 * @returns undefined where the function has none
 */
export function described<D>(
  name: string,
  { file }: Pick<ProviderSettings, 'file'>,
  bundled: Readonly<Record<string, unknown>>,
  check: (value: unknown, file: string) => D,
): D | undefined {
  const given = file?.descriptions.find((each) => at(each, '/name') === name)
  if (file !== undefined && given !== undefined) return check(given, file.path)
  return Object.hasOwn(bundled, name) ? check(bundled[name], `${name}.json`) : undefined
}

/**
 * The host that a secret means. `params.host` chooses where there are several; it cannot lead anywhere that is not listed on
 * both sides, by the description and by the operator.
 * @param wanted `params.host`
 * @throws RotationError HostNotAllowed, InvalidSecret; nothing was sent
 */
export function hostOf(
  wanted: string | undefined,
  { name, title, hosts }: Described,
  { prefix, hosts: allowed, ownHosts }: ProviderSettings,
): string {
  const variable = ours(`${prefix}_HOSTS`)
  const known = hosts === 'self-hosted' ? (ownHosts[name] ?? []) : hosts
  const possible = known.filter((each) => allowed.includes(each))
  // Letter by letter, and before a URL is made of it: "api.example.com/x?" would be a path, too.
  if (wanted !== undefined && possible.includes(wanted)) return wanted
  if (wanted !== undefined) {
    const what = say`The host "${wanted}" in "params" of the secret is not one of ${title} that ${variable} lists.`
    throw new RotationError('HostNotAllowed', say`${what} Nothing was sent.`, { effect: 'none' })
  }
  const [only, ...more] = possible
  if (only !== undefined && more.length === 0) return only
  if (only !== undefined) {
    const what = say`${title} may be reached at ${joined(possible)}; the secret does not say at which.`
    throw new RotationError('InvalidSecret', what, {
      likely: say`The provider has several sites, and more than one is listed in ${variable}.`,
      remedy: say`Name the host in the field "host" of "params" in the secret.`,
    })
  }
  const entry =
    hosts === 'self-hosted'
      ? say`${name}=HOST, with the host of your own ${title},`
      : say`${ours(known.length > 1 ? 'one of ' : '')}${joined(known)}`
  const parameter = prefix === 'OAUTH' ? 'OauthHosts' : 'ApiKeyHosts'
  throw new RotationError('HostNotAllowed', say`${variable} lists no host of ${title}. Nothing was sent.`, {
    remedy: say`Put ${entry} into ${variable} (${ours(parameter)} in the template).`,
    effect: 'none',
  })
}

/**
 * A client that sends credentials to these hosts of a provider, where the operator allows them.
 * @throws RotationError InvalidConfiguration
 */
export async function clientOf(
  hosts: readonly string[],
  { prefix, hosts: allowed, privateHosts, caBundle }: ProviderSettings,
  testing: HttpTesting,
): Promise<HttpClient> {
  const rules = { described: hosts, allowed, private: privateHosts, variable: `${prefix}_HOSTS` }
  return guardedClient(rules, await authorities(caBundle), testing)
}
