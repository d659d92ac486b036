import { RotationError } from '../errors/rotation-error.ts'
import { joined, ours, say } from '../errors/words.ts'
import { authorities } from '../http/authorities.ts'
import { guardedClient, type HttpClient, type HttpTesting } from '../http/client.ts'
import { checkedDescription } from './checks.ts'
import type { Description } from './description.ts'
import type { Kind } from './kind.ts'
import type { DescribedSecret } from './secret.ts'
import type { DescribedSettings } from './settings.ts'

/** Who mints the credentials of a secret, and the way to it. */
export interface Provider {
  readonly description: Description
  readonly host: string
  readonly client: HttpClient
}

/**
 * The provider that a secret names, or the function's own.
 * @throws RotationError ProviderUnknown, InvalidDescription, HostNotAllowed, InvalidConfiguration
 */
export async function providerOf(
  secret: DescribedSecret,
  kind: Kind,
  settings: DescribedSettings,
  testing: HttpTesting,
): Promise<Provider> {
  const description = descriptionOf(secret.provider ?? settings.provider, kind, settings)
  const described =
    description.hosts === 'self-hosted' ? (settings.ownHosts[description.name] ?? []) : description.hosts
  const host = hostOf(secret, kind, description, described, settings)
  const rules = {
    described,
    allowed: settings.hosts,
    private: settings.privateHosts,
    variable: `${kind.variables}_HOSTS`,
  }
  return { description, host, client: guardedClient(rules, await authorities(settings.caBundle), testing) }
}

/** @throws RotationError ProviderUnknown, InvalidDescription */
export function descriptionOf(
  name: string | undefined,
  kind: Kind,
  { file }: Pick<DescribedSettings, 'file'>,
): Description {
  const { noun, bundled, refused, variables } = kind
  const variable = ours(`${variables}_PROVIDER`)
  if (name === undefined) {
    throw new RotationError('ProviderUnknown', say`Neither the secret nor ${variable} says whose ${noun} it is.`, {
      likely: say`The secret is just a ${noun}, and the function has no provider of its own.`,
      remedy: say`Name the provider in the field "provider" of the secret, or for all secrets of the function in ${variable}.`,
    })
  }
  const given = file?.descriptions.find((each) => nameIn(each) === name)
  if (file !== undefined && given !== undefined) return checkedDescription(given, file.path, kind)
  const instead = Object.hasOwn(refused, name) ? refused[name] : undefined
  if (instead !== undefined)
    throw new RotationError('ProviderUnknown', say`A ${noun} of "${name}" cannot be rotated by a machine.`, {
      likely: instead,
      remedy: say`Do as is said above.`,
    })
  const ready = Object.hasOwn(bundled, name) ? bundled[name] : undefined
  if (ready !== undefined) return checkedDescription(ready, `${name}.json`, kind)
  const known = joined(Object.keys(bundled))
  throw new RotationError(
    'ProviderUnknown',
    say`No description of the provider "${name}" is in the function (it has ${known}).`,
  )
}

function nameIn(description: unknown): unknown {
  return typeof description === 'object' && description !== null && 'name' in description ? description.name : undefined
}

/** `params.host` chooses where there are several; it cannot lead anywhere that is not listed on both sides. */
function hostOf(
  { host }: DescribedSecret,
  { variables }: Kind,
  { title, name, hosts }: Description,
  described: readonly string[],
  { hosts: allowed }: DescribedSettings,
): string {
  const variable = ours(`${variables}_HOSTS`)
  const possible = described.filter((each) => allowed.includes(each))
  // Letter by letter, and before a URL is made of it: "api.example.com/x?" would be a path, too.
  if (host !== undefined && possible.includes(host)) return host
  if (host !== undefined) {
    throw new RotationError(
      'HostNotAllowed',
      say`The host "${host}" in "params" of the secret is not one of ${title} that ${variable} lists. Nothing was sent.`,
      {
        effect: 'none',
      },
    )
  }
  const [only, ...more] = possible
  if (only !== undefined && more.length === 0) return only
  if (only !== undefined) {
    throw new RotationError(
      'InvalidSecret',
      say`${title} may be reached at ${joined(possible)}; the secret does not say at which.`,
      {
        likely: say`The provider has several sites, and more than one is listed in ${variable}.`,
        remedy: say`Name the host in the field "host" of "params" in the secret.`,
      },
    )
  }
  const entry =
    hosts === 'self-hosted'
      ? say`${name}=HOST, with the host of your own ${title},`
      : say`${ours(described.length > 1 ? 'one of ' : '')}${joined(described)}`
  throw new RotationError('HostNotAllowed', say`${variable} lists no host of ${title}. Nothing was sent.`, {
    remedy: say`Put ${entry} into ${variable} (${ours(parameterOf(variables))}Hosts in the template).`,
    effect: 'none',
  })
}

/** As the template writes the beginning of a variable's name. */
function parameterOf(prefix: string): string {
  return prefix.toLowerCase().replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
