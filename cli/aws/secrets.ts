import {
  DescribeSecretCommand,
  type DescribeSecretResponse,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  type SecretListEntry,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { ask, askUnless } from './ask.ts'
import { type Connection, clientSettings } from './connection.ts'

/** What AWS says of a secret without its value. Times are milliseconds since 1970. */
export interface SecretFacts {
  readonly arn: string
  readonly name: string
  readonly functionArn: string | undefined
  /** Undefined where rotation was never configured. */
  readonly rotationEnabled: boolean | undefined
  readonly lastRotated: number | undefined
  /** The end of the window of the next rotation. */
  readonly nextRotation: number | undefined
  readonly lastChanged: number | undefined
  readonly created: number | undefined
  /** When it will be gone. */
  readonly deleted: number | undefined
  /** The service of AWS that it belongs to. */
  readonly owner: string | undefined
  readonly primaryRegion: string | undefined
  /** Of a managed external secret: whose it is. */
  readonly type: string | undefined
  /** Version id to its labels. */
  readonly labels: ReadonlyMap<string, readonly string[]>
}

export interface VersionFacts {
  readonly id: string
  /** None, where the version is deprecated. */
  readonly labels: readonly string[]
  readonly created: number | undefined
}

/** Secrets Manager as operators use it; no value of a secret is ever read. All methods throw CannotAsk. */
export interface Secrets {
  /** All secrets of the Region, a page of a hundred at a time. */
  list(withDeleted: boolean): AsyncIterable<readonly SecretFacts[]>
  /** Undefined where there is no such secret. */
  describe(name: string): Promise<SecretFacts | undefined>
  /** Those without a label, too. */
  versions(name: string): Promise<readonly VersionFacts[]>
  /** For the calls that only one command makes. */
  readonly client: SecretsManagerClient
}

export function secretsOf(connection: Connection): Secrets {
  const client = new SecretsManagerClient(clientSettings(connection))
  return {
    client,
    async *list(IncludePlannedDeletion) {
      let NextToken: string | undefined
      do {
        const input = { MaxResults: 100, IncludePlannedDeletion, ...(NextToken === undefined ? {} : { NextToken }) }
        const page = await ask('secretsmanager:ListSecrets', client.send(new ListSecretsCommand(input)))
        yield (page.SecretList ?? []).map((entry) => facts(entry, entry.SecretVersionsToStages))
        NextToken = page.NextToken
      } while (NextToken !== undefined)
    },
    async describe(SecretId) {
      const call = client.send(new DescribeSecretCommand({ SecretId }))
      const found = await askUnless(['ResourceNotFoundException'], 'secretsmanager:DescribeSecret', call)
      return found && facts(found, found.VersionIdsToStages)
    },
    async versions(SecretId) {
      const versions: VersionFacts[] = []
      let NextToken: string | undefined
      do {
        const input = {
          SecretId,
          MaxResults: 100,
          IncludeDeprecated: true,
          ...(NextToken === undefined ? {} : { NextToken }),
        }
        const call = client.send(new ListSecretVersionIdsCommand(input))
        const page = await ask('secretsmanager:ListSecretVersionIds', call)
        for (const { VersionId: id = '', VersionStages: labels = [], CreatedDate } of page.Versions ?? [])
          versions.push({ id, labels, created: CreatedDate?.getTime() })
        NextToken = page.NextToken
      } while (NextToken !== undefined)
      return versions
    },
  }
}

function facts(
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
    labels: new Map(Object.entries(labels ?? {})),
  }
}

/** The id of the version that carries a label. */
export function versionWith({ labels }: Pick<SecretFacts, 'labels'>, label: string): string | undefined {
  return [...labels].find(([, held]) => held.includes(label))?.[0]
}

/**
 * The version that a rotation has not promoted: AWSPENDING without AWSCURRENT. While there is one, RotateSecret starts no
 * other (API reference, RotateSecret).
 */
export function lonePending({ labels }: Pick<SecretFacts, 'labels'>): string | undefined {
  return [...labels].find(([, held]) => held.includes('AWSPENDING') && !held.includes('AWSCURRENT'))?.[0]
}
