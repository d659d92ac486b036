import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import type { Environment } from '../environment.ts'
import { RotationError } from '../errors/rotation-error.ts'
import { ours, say } from '../errors/words.ts'
import type { SecretStore } from '../rotation/secret-store.ts'
import { attemptsOf } from './attempts.ts'
import { toRotationError } from './aws-errors.ts'
import { requestHandler } from './http-options.ts'

/**
 * One client for the life of the process. SECRETS_MANAGER_ENDPOINT is what AWS's own functions read; without it the
 * SDK's AWS_ENDPOINT_URL and regional default apply.
 */
export function secretsManagerClient(env: Environment): SecretsManagerClient {
  const endpoint = env.SECRETS_MANAGER_ENDPOINT
  return new SecretsManagerClient({
    maxAttempts: 3,
    requestHandler,
    ...(endpoint ? { endpoint } : {}),
  })
}

/**
 * The client takes any text for an endpoint, and says at each call only that a URL is invalid.
 * @throws RotationError InvalidConfiguration
 */
export function checkEndpoint(env: Environment): void {
  for (const name of ['SECRETS_MANAGER_ENDPOINT', 'AWS_ENDPOINT_URL']) {
    const text = env[name]
    if (!text || (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol))) continue
    throw new RotationError(
      'InvalidConfiguration',
      say`${ours(name)} must be a URL that begins with https:// or http://.`,
    )
  }
}

/** The secrets of an account, for one invocation: every call ends when `signal` is aborted. */
export function secretsManagerStore(client: SecretsManagerClient, signal: AbortSignal): SecretStore {
  const options = { abortSignal: signal }
  return {
    async describe(SecretId) {
      try {
        const found = await client.send(new DescribeSecretCommand({ SecretId }), options)
        return {
          rotationEnabled: found.RotationEnabled,
          labels: new Map(Object.entries(found.VersionIdsToStages ?? {})),
          lastChanged: found.LastChangedDate,
          tags: new Map((found.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
        }
      } catch (error) {
        throw toRotationError(error, 'secretsmanager:DescribeSecret', SecretId)
      }
    },

    async read(SecretId, { id, label }) {
      try {
        const input = { SecretId, VersionStage: label, ...(id === undefined ? {} : { VersionId: id }) }
        const found = await client.send(new GetSecretValueCommand(input), options)
        return { id: found.VersionId, text: found.SecretString }
      } catch (error) {
        if (isMissingValue(error)) return undefined
        throw toRotationError(error, 'secretsmanager:GetSecretValue', SecretId)
      }
    },

    async putPending(SecretId, ClientRequestToken, SecretString, RotationToken) {
      const stages = { VersionStages: ['AWSPENDING'], ...(RotationToken === undefined ? {} : { RotationToken }) }
      const command = new PutSecretValueCommand({ SecretId, ClientRequestToken, SecretString, ...stages })
      const attempts = attemptsOf(command)
      try {
        await client.send(command, options)
        return true
      } catch (error) {
        if (nameOf(error) === 'ResourceExistsException') return false
        throw toRotationError(error, 'secretsmanager:PutSecretValue', SecretId, attempts.effect())
      }
    },

    async promote(SecretId, MoveToVersionId, from) {
      const move = { MoveToVersionId, ...(from === undefined ? {} : { RemoveFromVersionId: from }) }
      try {
        await client.send(
          new UpdateSecretVersionStageCommand({ SecretId, VersionStage: 'AWSCURRENT', ...move }),
          options,
        )
      } catch (error) {
        throw toRotationError(error, 'secretsmanager:UpdateSecretVersionStage', SecretId)
      }
    },
  }
}

/** A version without a value, and a label that is not (or not yet visibly) on the version. */
function isMissingValue(error: unknown): boolean {
  const name = nameOf(error)
  if (name === 'ResourceNotFoundException') return true
  return name === 'InvalidRequestException' && error instanceof Error && error.message.includes('VersionStage')
}

function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined
}
