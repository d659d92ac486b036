import { randomUUID } from 'node:crypto'
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import type { LocalSecretsManager } from '../local/secrets-manager/start.ts'
import type { Prepared } from './floor.ts'
import type { Particulars } from './recording.ts'
import type { Made, Rotation, Value } from './target.ts'

export interface RotatingSecret {
  /** Begins a rotation. @returns the facts that its floor needs */
  stage(): Promise<Omit<Prepared, 'moves'>>
  /** The last rotation, which has come to its end. */
  last(): Promise<Rotation>
  /** The texts in a rotation's calls that belong to it alone. */
  particulars(rotation: Rotation): Particulars
}

const quarterOfAnHourMs = 900_000

/** Stores a secret for the login that was made at a target, and the other secrets that its function reads. */
export async function rotatingSecret(
  functionId: string,
  made: Made,
  local: LocalSecretsManager,
  secretsManager: SecretsManagerClient,
): Promise<RotatingSecret> {
  const create = (value: Value) =>
    secretsManager.send(new CreateSecretCommand({ Name: `bench/${randomUUID()}`, SecretString: JSON.stringify(value) }))
  const { other } = made
  const otherArn = other && ((await create(other.value)).ARN ?? '')
  const named = other && { [other.field]: otherArn }
  const { ARN: secretId = '', VersionId = '' } = await create({ ...made.value, ...named })
  const read = async (VersionStage: string): Promise<Value> => {
    const { SecretString = '' } = await secretsManager.send(
      new GetSecretValueCommand({ SecretId: secretId, VersionStage }),
    )
    return JSON.parse(SecretString)
  }
  const held = (value: Value) => ({ who: made.who(value), value })
  const theirs = other && {
    arn: otherArn ?? '',
    who: made.who(other.value),
    beside: other.read === 'beside',
    besides: other.besides,
  }
  let currentId = VersionId

  return {
    async stage() {
      // A secret takes 100 versions in a day; the clock of this Secrets Manager can be set forward.
      await local.clock.advance(quarterOfAnHourMs)
      const token = randomUUID()
      const rules = {
        RotationLambdaARN: local.functions[functionId],
        RotationRules: { AutomaticallyAfterDays: 30 },
      }
      await secretsManager.send(new RotateSecretCommand({ SecretId: secretId, ClientRequestToken: token, ...rules }))
      const current = await read('AWSCURRENT')
      const [now, next] = [held(current), held(made.next(current))]
      const previous = made.readsPrevious === true && currentId !== VersionId
      const prepared = { secretId, token, currentId, current: now, pending: next, other: theirs, previous }
      currentId = token
      return prepared
    },
    async last() {
      const [current, pending] = await Promise.all([read('AWSPREVIOUS'), read('AWSCURRENT')])
      return { token: currentId, current, pending }
    },
    particulars: (rotation) => made.particulars(rotation),
  }
}
