import { randomUUID } from 'node:crypto'
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { expect, it } from 'vitest'
import { secretsManagerFor } from '../support/secrets-manager.ts'

const about = { id: 'Any', module: 'test/local/handlers/four-steps.ts' }

it.each([
  [false, 'goes on'],
  [true, 'is abandoned, where any version does that'],
])('a rotation in flight, when a version with another label is stored (%s), %s', async (anyVersionAbandons, _) => {
  await using secrets = await secretsManagerFor(about, { anyVersionAbandons })
  const rotation = await secrets.begin(await secrets.store('{}'))
  const put = (ClientRequestToken: string, stage: string) =>
    secrets.client.send(
      new PutSecretValueCommand({
        SecretId: rotation.secretId,
        ClientRequestToken,
        SecretString: '{"a":1}',
        VersionStages: [stage],
      }),
    )
  // Its own value never does.
  await put(rotation.token, 'AWSPENDING')
  expect((await secrets.labels(rotation.secretId))[rotation.token]).toContain('AWSPENDING')
  await put(randomUUID(), 'MINE')
  const { [rotation.token]: held = [] } = await secrets.labels(rotation.secretId)
  expect(held.includes('AWSPENDING')).toBe(!anyVersionAbandons)
})
