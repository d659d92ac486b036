import { rotate } from '../../shared/rotation/rotate.ts'
import { labelStore } from '../drafts/claims.ts'
import { type OauthDefects, oauthRefresh } from '../drafts/oauth-refresh.ts'
import { type OauthServer, oauthServer, type RefreshRotation } from './oauth-server.ts'
import type { SimulatedType } from './simulated-type.ts'

export interface OauthCase {
  readonly name: string
  readonly rotation: RefreshRotation
  readonly introspects?: true
}

export const oauthCases: readonly OauthCase[] = [
  { name: 'oauth-none', rotation: 'none' },
  { name: 'oauth-grace', rotation: 'grace' },
  { name: 'oauth-single-use', rotation: 'single_use' },
  { name: 'oauth-single-use-introspects', rotation: 'single_use', introspects: true },
]

export function simulatedOauth({ name, rotation, introspects }: OauthCase, defects: OauthDefects = {}): SimulatedType {
  return {
    name,
    real: 'protocol; the secret type and the claim are drafts',
    below: 'HTTP, and how odd answers are',
    overlap: true,
    target: () => oauthServer(rotation),
    value: () => JSON.stringify({ access_token: 'A0', refresh_token: 'R0', client_id: 'c', client_secret: 's' }),
    rotate(event, around, world, outside) {
      const { secret } = world
      const server = world.target as OauthServer
      const labels = labelStore(world, outside)
      const describe = () => around.store.describe(secret.arn)
      const type = oauthRefresh({
        server,
        rotation,
        introspects: introspects === true,
        outside,
        labels,
        describe,
        defects,
      })
      const putPending = async (_id: string, token: string, value: string) =>
        labels.put(token, value, rotation === 'none' ? ['AWSPENDING'] : ['AWSPENDING', 'KEYTURN_LATEST'])
      return rotate(type, event, { ...around, store: { ...around.store, putPending } })
    },
  }
}
