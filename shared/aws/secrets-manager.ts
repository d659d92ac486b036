import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  type RotationRulesType,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import type { Environment } from '../environment.ts'
import { RotationError } from '../errors/rotation-error.ts'
import { ours, say } from '../errors/words.ts'
import type { SecretStore } from '../rotation/secret-store.ts'
import { attemptsOf } from './attempts.ts'
import { failed, failedBut, isCalled, toRotationError } from './aws-errors.ts'
import { requestHandler } from './clients.ts'

/**
 * One client for the life of the process. SECRETS_MANAGER_ENDPOINT is what AWS's own functions read; without it the
 * SDK's AWS_ENDPOINT_URL and regional default apply.
 * @param maxAttempts how often a call is made at most, where it is throttled or its answer is lost
 */
export function secretsManagerClient(env: Environment, maxAttempts = 3): SecretsManagerClient {
  const endpoint = env.SECRETS_MANAGER_ENDPOINT
  return new SecretsManagerClient({ maxAttempts, requestHandler, ...(endpoint ? { endpoint } : {}) })
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
      const found = await client
        .send(new DescribeSecretCommand({ SecretId }), options)
        .catch(failed('secretsmanager:DescribeSecret', SecretId))
      return {
        rotationEnabled: found.RotationEnabled,
        rotationLambdaArn: found.RotationLambdaARN,
        labels: new Map(Object.entries(found.VersionIdsToStages ?? {})),
        lastChanged: found.LastChangedDate,
        tags: new Map((found.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
        rotationDays: daysBetween(found.RotationRules),
      }
    },

    async read(SecretId, { id, label }) {
      try {
        const command = new GetSecretValueCommand({ SecretId, VersionStage: label, VersionId: id })
        const found = await client.send(command, options)
        return { id: found.VersionId, text: found.SecretString, created: found.CreatedDate }
      } catch (error) {
        if (isMissingValue(error)) return undefined
        throw toRotationError(error, 'secretsmanager:GetSecretValue', SecretId)
      }
    },

    async putPending(SecretId, ClientRequestToken, SecretString, RotationToken, ownLabels = []) {
      const VersionStages = ['AWSPENDING', ...ownLabels]
      const input = { SecretId, ClientRequestToken, SecretString, VersionStages, RotationToken }
      const command = new PutSecretValueCommand(input)
      const attempts = attemptsOf(command)
      try {
        await client.send(command, options)
        return true
      } catch (error) {
        if (isCalled(error, 'ResourceExistsException')) return false
        throw toRotationError(error, 'secretsmanager:PutSecretValue', SecretId, undefined, attempts.effect())
      }
    },

    async putAgain(SecretId, { id: ClientRequestToken, text: SecretString }, label) {
      const again = { SecretId, ClientRequestToken, SecretString, VersionStages: [label] }
      await client
        .send(new PutSecretValueCommand(again), options)
        // Emulators may refuse the very value, too, where AWS does not: that proves as much.
        .catch(failedBut('ResourceExistsException', 'secretsmanager:PutSecretValue', SecretId, undefined, 'none'))
    },

    async moveLabel(SecretId, VersionStage, { from, to }) {
      const move = { SecretId, VersionStage, MoveToVersionId: to, RemoveFromVersionId: from }
      const moved = await client
        .send(new UpdateSecretVersionStageCommand(move), options)
        .catch(failedBut('InvalidParameterException', 'secretsmanager:UpdateSecretVersionStage', SecretId))
      return moved !== undefined
    },

    async promote(SecretId, MoveToVersionId, RemoveFromVersionId) {
      const move = { SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId, RemoveFromVersionId }
      await client
        .send(new UpdateSecretVersionStageCommand(move), options)
        .catch(failed('secretsmanager:UpdateSecretVersionStage', SecretId))
    },
  }
}

/** A schedule may count days or hours; a calendar's (cron) AWS counts in days itself. */
function daysBetween(rules: RotationRulesType | undefined): number | undefined {
  const [, count, unit] = /^rate\((\d+) (hour|day)s?\)$/.exec(rules?.ScheduleExpression ?? '') ?? []
  if (count !== undefined) return Number(count) / (unit === 'hour' ? 24 : 1)
  return rules?.AutomaticallyAfterDays
}

/** A version without a value, and a label that is not (or not yet visibly) on the version. */
function isMissingValue(error: unknown): boolean {
  if (isCalled(error, 'ResourceNotFoundException')) return true
  return isCalled(error, 'InvalidRequestException') && String(error).includes('VersionStage')
}
