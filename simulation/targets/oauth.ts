import { refreshToken } from '../../functions/oauth/refresh-token-type.ts'
import type { OauthSecret } from '../../functions/oauth/secret.ts'
import type { ProviderSettings } from '../../shared/http/provider-settings.ts'
import { rotate } from '../../shared/rotation/rotate.ts'
import type { SecretType } from '../../shared/rotation/secret-type.ts'
import type { SimulatedType } from '../world/simulated-type.ts'
import { entry, oauthHttp } from './oauth-http.ts'
import { type OauthServer, oauthServer, type RefreshRotation } from './oauth-server.ts'
import { remembering } from './remembering.ts'

export interface OauthCase {
  readonly name: string
  readonly rotation: RefreshRotation
  readonly introspects?: true
  /** The rotation that the provider's entry names, where that is not true. */
  readonly entrySays?: RefreshRotation
}

export const oauthCases: readonly OauthCase[] = [
  { name: 'oauth-none', rotation: 'none' },
  { name: 'oauth-grace', rotation: 'grace' },
  { name: 'oauth-single-use', rotation: 'single_use' },
  { name: 'oauth-single-use-introspects', rotation: 'single_use', introspects: true },
]

/** @param change a defect, for the test of the tests */
export function simulatedOauth(
  { name, rotation, introspects, entrySays = rotation }: OauthCase,
  change: (type: SecretType<OauthSecret>) => SecretType<OauthSecret> = (type) => type,
): SimulatedType {
  const read = new Map<string, OauthSecret>()
  const description = entry(entrySays, introspects === true)
  const settings: ProviderSettings = {
    prefix: 'OAUTH',
    provider: description.name,
    file: { path: 'model.json', descriptions: [description] },
    hosts: ['auth.example'],
    ownHosts: {},
    privateHosts: [],
    caBundle: undefined,
  }
  return {
    name,
    real: 'protocol, claim and secret type',
    below: 'HTTP and TLS, and how odd answers are',
    overlap: true,
    target: () => oauthServer(rotation),
    value: () => JSON.stringify({ access_token: 'A0', refresh_token: 'R0', client_id: 'c', client_secret: 's' }),
    rotate(event, around, world, outside) {
      const type = change(refreshToken(settings, { server: oauthHttp(world.target as OauthServer, outside) }))
      return rotate(remembering(type, read), event, around)
    },
  }
}
