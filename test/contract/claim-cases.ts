import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { CreateSecretCommand, PutSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { secretsManagerStore } from '../../shared/aws/secrets-manager.ts'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { ours, say } from '../../shared/errors/words.ts'
import { claim } from '../../shared/rotation/claim.ts'
import { claimsIn } from '../../shared/rotation/claim-label.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import { ownLabels } from '../../shared/rotation/own-labels.ts'

const form = { parse: (text: string) => text, sensitive: (text: string) => [text] }

/** Whether labels behave as claims need it, in a Secrets Manager that is not this repository's. */
export function claimCases(server: string, client: SecretsManagerClient): void {
  const store = secretsManagerStore(client, new AbortController().signal)

  /** A secret with a pending version, as a step of a rotation finds it. */
  async function begun() {
    const { ARN: secretId = '', VersionId: currentId = '' } = await client.send(
      new CreateSecretCommand({ Name: `claim/${randomUUID()}`, SecretString: 'refresh-token' }),
    )
    return { secretId, currentId, token: await pending(secretId) }
  }

  async function pending(SecretId: string): Promise<string> {
    const token = randomUUID()
    const stages = { VersionStages: ['AWSPENDING'], SecretString: 'nothing yet' }
    await client.send(new PutSecretValueCommand({ SecretId, ClientRequestToken: token, ...stages }))
    return token
  }

  /** One run that claims the value of AWSCURRENT. @param seconds that it has left */
  async function run(secretId: string, token: string, seconds = 20) {
    const description = store.describe(secretId)
    const fetch = (version: { readonly id?: string; readonly label: string }) => store.read(secretId, version)
    const current = async () => {
      const found = await fetch({ label: 'AWSCURRENT' })
      if (found === undefined) throw new Error('no AWSCURRENT')
      return found
    }
    // The pending version of this service has a value from the beginning; nobody has stored one here.
    const reading = { description: () => description, fetch, current, storedText: async () => undefined }
    const event = { secretId, token, step: 'createSecret', rotationToken: undefined } as const
    const own = ownLabels(form, event, { store }, reading)
    const end = Date.now() + seconds * 1000
    const context: Partial<RotationContext> = {
      secretId,
      token,
      signal: new AbortController().signal,
      now: () => Date.now(),
      did: () => undefined,
      remainingMs: () => end - Date.now(),
      sleep: (ms) => sleep(ms),
      randomBytes: (count) => randomBytes(count),
    }
    const version = await own.version('AWSCURRENT')
    if (version === undefined) throw new Error('no AWSCURRENT')
    const thing = {
      what: ours('refresh token'),
      use: 'of-this-test',
      version,
      leastMs: 15_000,
      mayBeUsedAgain: async () => true,
    }
    await own.putAgain(version, 'KEYTURN_LATEST')
    return claim(thing, own, context as RotationContext, async () => new RotationError('Internal', say`an end`))
  }

  const labelsOf = async (secretId: string) => (await store.describe(secretId)).labels

  describe(`a claim on ${server}`, { meta: { server } }, () => {
    it('makes no version, and leaves AWSCURRENT and AWSPENDING where they are', async () => {
      const { secretId, currentId, token } = await begun()
      await run(secretId, token)
      const labels = await labelsOf(secretId)
      expect([...labels.keys()].sort()).toEqual([currentId, token].sort())
      expect(labels.get(currentId)).toContain('AWSCURRENT')
      expect(labels.get(token)).toEqual(['AWSPENDING'])
      expect(claimsIn(labels).map(({ version }) => version)).toEqual([currentId])
    })

    it('is given to one of two runs, and the other one says that it has to wait', async () => {
      const { secretId, token } = await begun()
      const outcomes = await Promise.allSettled([run(secretId, token, 17), run(secretId, token, 17)])
      const refused = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason as RotationError] : []))
      expect(refused.map(({ code }) => code)).toEqual(['ClaimedByAnotherRun'])
      expect(claimsIn(await labelsOf(secretId))).toHaveLength(1)
    })

    it('is taken over by the next rotation, whose claim is the only one then', async () => {
      const { secretId, currentId, token } = await begun()
      await run(secretId, token)
      const [first] = claimsIn(await labelsOf(secretId))
      // The first one has led to a value.
      await store.promote(secretId, token, currentId)
      await run(secretId, await pending(secretId))
      const claims = claimsIn(await labelsOf(secretId))
      expect(claims).toHaveLength(1)
      expect(claims[0]?.label).not.toBe(first?.label)
    })

    it('relies on this: a label is not moved off a version that does not have it', async () => {
      const { secretId, currentId, token } = await begun()
      expect(await store.moveLabel(secretId, 'KEYTURN_CLAIM.x', { to: currentId })).toBe(true)
      expect(await store.moveLabel(secretId, 'KEYTURN_CLAIM.x', { from: token })).toBe(false)
      expect(await store.moveLabel(secretId, 'KEYTURN_CLAIM.x', { from: currentId })).toBe(true)
      expect(await store.moveLabel(secretId, 'KEYTURN_CLAIM.x', { from: currentId })).toBe(false)
    })
  })
}
