import { RotationError } from '../errors/rotation-error.ts'
import { joined, ours, say } from '../errors/words.ts'
import type { HttpClient, HttpTesting } from '../http/client.ts'
import { checkedDescription } from './checks.ts'
import type { Description } from './description.ts'
import type { DescribedSettings, Kind } from './kind.ts'
import { clientOf, described, hostOf } from './lookup.ts'
import type { DescribedSecret } from './secret.ts'

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
  const host = hostOf(secret.host, description, settings)
  return { description, host, client: await clientOf([host], settings, testing) }
}

/** @throws RotationError ProviderUnknown, InvalidDescription */
function descriptionOf(name: string | undefined, kind: Kind, settings: DescribedSettings): Description {
  const { noun, bundled, refused } = kind
  if (name === undefined) {
    const variable = ours(`${settings.prefix}_PROVIDER`)
    throw new RotationError('ProviderUnknown', say`Neither the secret nor ${variable} says whose ${noun} it is.`, {
      likely: say`The secret is just a ${noun}, and the function has no provider of its own.`,
      remedy: say`Name the provider in the field "provider" of the secret, or for all secrets of the function in ${variable}.`,
    })
  }
  const found = described(name, settings, bundled, (value, file) => checkedDescription(value, file, kind))
  if (found !== undefined) return found
  const instead = Object.hasOwn(refused, name) ? refused[name] : undefined
  if (instead !== undefined) {
    throw new RotationError('ProviderUnknown', say`A ${noun} of "${name}" cannot be rotated by a machine.`, {
      likely: instead,
      remedy: say`Do as is said above.`,
    })
  }
  const known = joined(Object.keys(bundled))
  throw new RotationError(
    'ProviderUnknown',
    say`No description of the provider "${name}" is in the function (it has ${known}).`,
  )
}
