import {
  DescribeSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { handler as fourSteps } from './four-steps.ts'

const client = new SecretsManagerClient({ maxAttempts: 1 })

/** As many functions of others do it: AWSPENDING is taken off in finishSecret, after AWSCURRENT was moved. */
export const handler = async (event: Parameters<typeof fourSteps>[0]): Promise<void> => {
  await fourSteps(event)
  if (event.Step !== 'finishSecret') return
  const { SecretId, ClientRequestToken: RemoveFromVersionId } = event
  const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId }))
  console.log(`labels ${VersionIdsToStages?.[RemoveFromVersionId]}`)
  await client.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage: 'AWSPENDING', RemoveFromVersionId }))
}
