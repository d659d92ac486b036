import {
  DescribeSecretCommand,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { factsOf } from '../../shared/aws/secret-facts.ts'
import type { SecretFacts } from '../../shared/secret-state.ts'
import { ask, askUnless } from './ask.ts'
import { type Connection, clientSettings } from './connection.ts'

export interface VersionFacts {
  readonly id: string
  /** The version's labels; none where it is deprecated. */
  readonly labels: readonly string[]
  readonly created: number | undefined
}

/** Secrets Manager as operators use it; no value of a secret is ever read. All methods throw CannotAsk. */
export interface Secrets {
  /** All secrets of the Region, a page of a hundred at a time. */
  list(withDeleted: boolean): AsyncIterable<readonly SecretFacts[]>
  /** Undefined where there is no such secret. */
  describe(name: string): Promise<SecretFacts | undefined>
  /** All versions, also those without a label. */
  versions(name: string): Promise<readonly VersionFacts[]>
  /** The client itself, for calls that only one command makes. */
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
        yield (page.SecretList ?? []).map((entry) => factsOf(entry, entry.SecretVersionsToStages))
        NextToken = page.NextToken
      } while (NextToken !== undefined)
    },
    async describe(SecretId) {
      const call = client.send(new DescribeSecretCommand({ SecretId }))
      const found = await askUnless(['ResourceNotFoundException'], 'secretsmanager:DescribeSecret', call)
      return found && factsOf(found, found.VersionIdsToStages)
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
