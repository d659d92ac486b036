import {
  DescribeSecretCommand,
  type DescribeSecretCommandOutput,
  GetResourcePolicyCommand,
  ListSecretVersionIdsCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { hasOffTag } from '../../../shared/secret-state.ts'
import type { VersionFacts } from '../../aws/secrets.ts'
import type { Rules, Secret } from '../seen.ts'

const time = (date: Date | undefined) => date?.getTime()

/** The secret, without its value. Throws what the SDK throws. */
export async function secretOf(client: SecretsManagerClient, SecretId: string): Promise<Secret> {
  const described = await client.send(new DescribeSecretCommand({ SecretId }))
  return {
    arn: described.ARN ?? SecretId,
    name: described.Name ?? SecretId,
    rotationEnabled: described.RotationEnabled,
    functionArn: described.RotationLambdaARN || undefined,
    rules: rulesOf(described),
    lastRotated: time(described.LastRotatedDate),
    lastChanged: time(described.LastChangedDate),
    nextRotation: time(described.NextRotationDate),
    deleted: time(described.DeletedDate),
    owner: described.OwningService,
    type: described.Type,
    primaryRegion: described.PrimaryRegion,
    keyId: described.KmsKeyId || undefined,
    replicas: (described.ReplicationStatus ?? []).map(({ Region = '', Status = '', StatusMessage = '' }) => ({
      region: Region,
      status: Status,
      message: StatusMessage,
    })),
    offOnPurpose: hasOffTag(described.Tags ?? []),
    labels: new Map(Object.entries(described.VersionIdsToStages ?? {})),
    created: time(described.CreatedDate),
  }
}

function rulesOf({ RotationRules: rules }: DescribeSecretCommandOutput): Rules | undefined {
  if (rules === undefined) return undefined
  return {
    ...(rules.AutomaticallyAfterDays && { days: rules.AutomaticallyAfterDays }),
    ...(rules.ScheduleExpression && { expression: rules.ScheduleExpression }),
    ...(rules.Duration && { duration: rules.Duration }),
  }
}

/** All versions, those without labels included. Throws what the SDK throws. */
export async function versionsOf(client: SecretsManagerClient, SecretId: string): Promise<readonly VersionFacts[]> {
  const found: VersionFacts[] = []
  let NextToken: string | undefined
  // A secret has about a hundred versions. The loop ends even if the pages do not.
  for (let page = 0; page < 10; page++) {
    const input = { SecretId, IncludeDeprecated: true, MaxResults: 100, ...(NextToken && { NextToken }) }
    const answer = await client.send(new ListSecretVersionIdsCommand(input))
    for (const { VersionId = '', VersionStages = [], CreatedDate } of answer.Versions ?? [])
      found.push({ id: VersionId, labels: VersionStages, created: time(CreatedDate) })
    NextToken = answer.NextToken
    if (NextToken === undefined) break
  }
  return found
}

/** The secret's own policy, or undefined. Throws what the SDK throws. */
export async function resourcePolicyOf(client: SecretsManagerClient, SecretId: string): Promise<string | undefined> {
  return (await client.send(new GetResourcePolicyCommand({ SecretId }))).ResourcePolicy
}
