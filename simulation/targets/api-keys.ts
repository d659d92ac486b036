import { rotate } from '../../shared/rotation/rotate.ts'
import { apiKey, type KeyDefects } from '../drafts/api-key.ts'
import { labelStore } from '../drafts/claims.ts'
import { discarding, type Minted } from '../drafts/discard.ts'
import { valueWith, type World } from '../world/world.ts'
import { keyOf, type Provider, provider } from './provider.ts'
import type { SimulatedType } from './simulated-type.ts'

export const simulatedApiKey = (defects: KeyDefects = {}) => minted('api-key', 20, true, defects)
export const simulatedIamKey = (defects: KeyDefects = {}) => minted('iam-access-key', 2, false, defects)

function minted(name: string, slots: number, marks: boolean, defects: KeyDefects): SimulatedType {
  return {
    name,
    real: 'protocol; the secret type and `discard` are drafts',
    below: 'HTTP, and how long a new key takes to be known',
    overlap: true,
    target: () => provider(slots),
    value: () => JSON.stringify({ api_key: 'value0', key_id: 'key0' }),
    rotate(event, around, world, outside) {
      const minted: Minted = { id: undefined }
      const provider = world.target as Provider
      const labelled = () => valuesInUse(world)
      const describe = () => around.store.describe(world.secret.arn)
      const type = apiKey(
        { provider, outside, minted, labelled, describe, labels: labelStore(world, outside), marks },
        defects,
      )
      const discard = async (id: string) =>
        outside.call({
          kind: 'change',
          name: `gives back ${id}`,
          effect: () => void provider.revoke(id, labelled()),
          lost: () => new Error('The provider does not answer.'),
          timedOut: () => new Error('The time ran out.'),
        })
      const store = discarding(around.store, minted, discard, defects.discardsAfterTimeouts)
      if (defects.revokesAfterPromotion !== true) return rotate(type, event, { ...around, store })
      const promote = async (id: string, token: string, from: string | undefined) => {
        const before = valueWith(world, 'AWSCURRENT') ?? ''
        await store.promote(id, token, from)
        await discard(keyOf(before).key_id)
      }
      return rotate(type, event, { ...around, store: { ...store, promote } })
    },
  }
}

/** The key of AWSPREVIOUS alone may be revoked, at the start of the next rotation. */
function valuesInUse({ secret }: World): string[] {
  return [...secret.versions.values()].flatMap(({ stages, value }) => {
    const isInUse = stages.has('AWSCURRENT') || stages.has('AWSPENDING')
    return isInUse && value !== undefined && 'string' in value ? [value.string] : []
  })
}
