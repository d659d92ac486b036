import { joined, ours, say, type Words } from '../../shared/errors/words.ts'
import type { ProviderSettings } from '../../shared/http/provider-settings.ts'
import { descriptionOf } from './providers.ts'
import type { OauthSecret } from './secret.ts'

/**
 * What no rotation ends of a secret that has leaked: the credentials in it that stay the same. Whether its access token has expired
 * the probe shows.
 * @throws RotationError as the entry of the provider is looked up
 */
export function outlives({ provider, json, refreshToken }: OauthSecret, settings: ProviderSettings): Words | undefined {
  const { title, rotation } = descriptionOf(provider ?? settings.provider, settings)
  const left: Words[] = []
  if (refreshToken !== undefined && rotation === 'none')
    left.push(say`The refresh token lives on: end the grant at ${title}, and authorize the client again.`)
  for (const name of ['client_secret', 'private_key']) {
    if (typeof json[name] === 'string' && json[name] !== '')
      left.push(say`"${ours(name)}" stays the same: have ${title} make another one, and end this one there.`)
  }
  return left.length === 0 ? undefined : joined(left, ' ')
}
