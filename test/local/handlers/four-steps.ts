import { randomUUID } from 'node:crypto'
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'

interface Event {
  readonly Step: string
  readonly SecretId: string
  readonly ClientRequestToken: string
  readonly RotationToken?: string
}

const client = new SecretsManagerClient({ maxAttempts: 2 })

/** A correct function for a secret that is one random text: the reference of these tests. */
export const handler = async (event: Event): Promise<void> => {
  const { Step, SecretId, ClientRequestToken, RotationToken } = event
  console.log(`step ${Step}`)
  const found = await client.send(new DescribeSecretCommand({ SecretId }))
  const stages = found.VersionIdsToStages ?? {}
  if (found.RotationEnabled !== true) throw new Error('Rotation is not enabled.')
  if (stages[ClientRequestToken] === undefined) throw new Error('The version is not staged.')
  if (stages[ClientRequestToken].includes('AWSCURRENT')) return
  const value = (VersionStage: string, VersionId?: string) =>
    client.send(new GetSecretValueCommand({ SecretId, VersionStage, ...(VersionId && { VersionId }) }))
  if (Step === 'createSecret') {
    try {
      await value('AWSPENDING', ClientRequestToken)
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'ResourceNotFoundException') throw error
      const stored = {
        SecretString: randomUUID(),
        VersionStages: ['AWSPENDING'],
        ...(RotationToken && { RotationToken }),
      }
      await client.send(new PutSecretValueCommand({ SecretId, ClientRequestToken, ...stored }))
    }
  }
  if (Step === 'testSecret') await value('AWSPENDING', ClientRequestToken)
  if (Step === 'finishSecret') {
    const RemoveFromVersionId = Object.keys(stages).find((id) => stages[id]?.includes('AWSCURRENT'))
    const move = { VersionStage: 'AWSCURRENT', MoveToVersionId: ClientRequestToken, RemoveFromVersionId }
    await client.send(new UpdateSecretVersionStageCommand({ SecretId, ...move }))
  }
}
