import type { DescribeSecretResponse, SecretListEntry } from '@aws-sdk/client-secrets-manager'
import { hasOffTag, type SecretFacts } from '../secret-state.ts'

/**
 * What DescribeSecret or ListSecrets says of a secret.
 * @param labels version id to its labels, which the two calls name differently
 */
export function factsOf(
  entry: SecretListEntry | DescribeSecretResponse,
  labels: Readonly<Record<string, string[]>> | undefined,
): SecretFacts {
  return {
    arn: entry.ARN ?? '',
    name: entry.Name ?? '',
    functionArn: entry.RotationLambdaARN,
    rotationEnabled: entry.RotationEnabled,
    lastRotated: entry.LastRotatedDate?.getTime(),
    nextRotation: entry.NextRotationDate?.getTime(),
    lastChanged: entry.LastChangedDate?.getTime(),
    created: entry.CreatedDate?.getTime(),
    deleted: entry.DeletedDate?.getTime(),
    owner: entry.OwningService,
    primaryRegion: entry.PrimaryRegion,
    type: 'Type' in entry ? entry.Type : undefined,
    offOnPurpose: hasOffTag(entry.Tags ?? []),
    labels: new Map(Object.entries(labels ?? {})),
  }
}
