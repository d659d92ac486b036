import { DescribeSecretCommand, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager'
import { claimLabel, claimsIn } from '../../../shared/rotation/claim-label.ts'
import type { SecretsManager } from '../../support/secrets-manager.ts'

/** Makes all claims on a secret look as if they had been made earlier, so that no run waits for the end of another one. */
export async function olderClaims(
  { client }: Pick<SecretsManager, 'client'>,
  SecretId: string,
  ms = 120_000,
): Promise<void> {
  const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId }))
  for (const claim of claimsIn(new Map(Object.entries(VersionIdsToStages)))) {
    const older = claimLabel({ ...claim, since: claim.since - ms, until: claim.until - ms })
    const move = (VersionStage: string, to: object) =>
      client.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage, ...to }))
    await move(claim.label, { RemoveFromVersionId: claim.version })
    await move(older, { MoveToVersionId: claim.version })
  }
}
