import { randomUUID } from 'node:crypto'
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import type { LocalSecretsManager } from '../local/secrets-manager/start.ts'
import type { BenchServer, Secret, Subject } from './database.ts'
import type { Prepared } from './floor.ts'
import type { Particulars } from './recording.ts'

export interface Rotation {
  readonly token: string
  readonly current: Secret
  readonly pending: Secret
}

export interface RotatingSecret {
  /** Begins a rotation, and says what its floor has to know. */
  stage(): Promise<Omit<Prepared, 'moves'>>
  /** The last rotation, which has come to its end. */
  last(): Promise<Rotation>
  /** What belongs to a rotation and stands in its statements. */
  particulars(rotation: Rotation): Particulars
}

const quarterOfAnHourMs = 900_000

/** Makes a login with a name of its own, and its secret. */
export async function rotatingSecret(
  subject: Subject,
  server: BenchServer,
  local: LocalSecretsManager,
  secretsManager: SecretsManagerClient,
): Promise<RotatingSecret> {
  const { fields, superuser } = server
  const username = `bench_${randomUUID().slice(0, 8)}`
  const first = { username, password: randomUUID() }
  await server.createLogin(first, subject)
  const create = (Name: string, secret: object) =>
    secretsManager.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(secret) }))
  const superuserArn = subject.superuser && (await create(`${username}-superuser`, { ...fields, ...superuser })).ARN
  const masterarn = superuserArn && { masterarn: superuserArn }
  const { ARN: secretId = '', VersionId = '' } = await create(username, { ...fields, ...first, ...masterarn })
  const read = async (VersionStage: string): Promise<Secret> => {
    const { SecretString = '' } = await secretsManager.send(
      new GetSecretValueCommand({ SecretId: secretId, VersionStage }),
    )
    return JSON.parse(SecretString)
  }
  const beside = subject.superuser === 'beside'
  const theirs = superuserArn ? { arn: superuserArn, username: superuser.username, beside } : undefined
  let currentId = VersionId

  return {
    async stage() {
      // A secret takes 100 versions in a day; the clock of this Secrets Manager can be set forward.
      await local.clock.advance(quarterOfAnHourMs)
      const token = randomUUID()
      const rules = {
        RotationLambdaARN: local.functions[subject.functionId],
        RotationRules: { AutomaticallyAfterDays: 30 },
      }
      await secretsManager.send(new RotateSecretCommand({ SecretId: secretId, ClientRequestToken: token, ...rules }))
      const current = await read('AWSCURRENT')
      const next = subject.alternates ? otherName(current.username) : current.username
      const pending = { ...current, username: next, password: randomUUID() }
      const prepared = { secretId, token, currentId, current, pending }
      currentId = token
      return { ...prepared, superuser: theirs }
    },
    async last() {
      const [current, pending] = await Promise.all([read('AWSPREVIOUS'), read('AWSCURRENT')])
      return { token: currentId, current, pending }
    },
    // Derived ones first: nothing of them is to be taken for one of the others.
    particulars: (rotation) => ({
      ...server.derived(rotation),
      ...{ username, current: rotation.current.password, pending: rotation.pending.password },
    }),
  }
}

function otherName(username: string): string {
  return username.endsWith('_clone') ? username.slice(0, -'_clone'.length) : `${username}_clone`
}
