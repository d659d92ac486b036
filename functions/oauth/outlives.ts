import { joined, ours, say, type Words } from '../../shared/errors/words.ts'
import type { ProviderSettings } from '../../shared/http/provider-settings.ts'
import { entryOf } from './providers.ts'
import type { OauthSecret } from './secret.ts'

/**
 * What no rotation ends of a secret that has leaked: the credentials in it that stay the same. Whether its access token has expired
 * the probe shows, and what is wrong with the entry of its provider.
 */
export function outlives({ provider, json, refreshToken }: OauthSecret, settings: ProviderSettings): Words | undefined {
  const entry = entryOf(provider ?? settings.provider, settings)
  if (entry === undefined) return undefined
  const { title, rotation } = entry
  const left: Words[] = []
  if (refreshToken !== undefined && rotation === 'none')
    left.push(say`The refresh token lives on: end the grant at ${title}, and authorize the client again.`)
  for (const name of ['client_secret', 'private_key']) {
    if (typeof json[name] === 'string' && json[name] !== '')
      left.push(say`"${ours(name)}" stays the same: have ${title} make another one, and end this one there.`)
  }
  return left.length === 0 ? undefined : joined(left, ' ')
}
