import { randomUUID } from 'node:crypto'
import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { type LocalSecretsManager, startLocalSecretsManager } from '../../local/secrets-manager/start.ts'
import { databaseFunction } from '../functions/databases/database-type.ts'
import { lambdaSettings } from '../support/function-under-test.ts'
import { localClient } from '../support/secrets-manager.ts'
import { awsFunction } from './functions.ts'

/** Whose function rotates. */
export type Whose = 'ours' | 'theirs'

/** A Secrets Manager with functions of both houses. */
export interface Place extends AsyncDisposable {
  readonly local: LocalSecretsManager
  /** @returns the ARN */
  store(value: object): Promise<string>
  value(secretId: string, label: 'AWSCURRENT' | 'AWSPREVIOUS'): Promise<string | undefined>
  /** Name of the function that rotates a secret now. */
  rotatedBy(secretId: string): Promise<string>
  /**
   * Rotates with a function of ours, by its id, or with AWS's of the same strategy; goes on with a rotation that has failed.
   * @throws Error with what the function said
   */
  rotate(secretId: string, whose: Whose, functionId: string): Promise<void>
  /** Ends a rotation that has failed, and takes AWSPENDING from its version. */
  giveUp(secretId: string): Promise<void>
  /** Name of AWS's function that does what one of ours does. */
  theirs(functionId: string): string
}

/** @param files of functions of ours, below functions/ and without `.ts` */
export async function interopPlace(server: { readonly ca: string }, files: readonly string[]): Promise<Place> {
  const ours = files.map((file) => databaseFunction(file, server))
  const paired = ours.filter(({ id }) => !id.endsWith('DualPassword'))
  let endpoint = ''
  const theirs = await Promise.all(
    paired.map(async ({ id }) => [id, await awsFunction(id, server, () => endpoint)] as const),
  )
  const byId = new Map(theirs)
  const failures = new Map<string, string>()
  const local = await startLocalSecretsManager({
    functions: {
      ...Object.fromEntries(ours.map((each) => [each.id, lambdaSettings(each)])),
      ...Object.fromEntries(theirs.map(([, each]) => [each.id, each])),
    },
    retryDelaysMs: [],
    onStep(step) {
      if (step.phase === 'ended' && step.outcome === 'failed')
        failures.set(step.token, `${step.step}: ${step.error?.errorType}: ${step.error?.errorMessage}`)
    },
  })
  endpoint = local.endpoint
  const client = localClient(endpoint)
  const nameOf = (functionId: string) => byId.get(functionId)?.id ?? ''
  return {
    local,
    theirs: nameOf,
    async store(value) {
      const input = { Name: `interop/${randomUUID()}`, SecretString: JSON.stringify(value) }
      return (await client.send(new CreateSecretCommand(input))).ARN ?? ''
    },
    async value(SecretId, VersionStage) {
      const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId }))
      if (!Object.values(VersionIdsToStages).flat().includes(VersionStage)) return undefined
      return (await client.send(new GetSecretValueCommand({ SecretId, VersionStage }))).SecretString
    },
    async rotatedBy(SecretId) {
      const { RotationLambdaARN = '' } = await client.send(new DescribeSecretCommand({ SecretId }))
      return RotationLambdaARN.replace(/^.*:/, '')
    },
    async rotate(SecretId, whose, functionId) {
      const RotationLambdaARN = local.functions[whose === 'ours' ? functionId : nameOf(functionId)]
      const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId }))
      const unfinished = Object.entries(VersionIdsToStages).find(([, labels]) => labels.join() === 'AWSPENDING')
      const ClientRequestToken = unfinished?.[0] ?? randomUUID()
      failures.delete(ClientRequestToken)
      const rules = { RotationLambdaARN, RotationRules: { AutomaticallyAfterDays: 30 } }
      const started = client.send(new RotateSecretCommand({ SecretId, ClientRequestToken, ...rules }))
      await started.catch((error: Error) => {
        if (!error.message.includes('will be reattempted')) throw error
      })
      await local.settled()
      const failure = failures.get(ClientRequestToken)
      if (failure !== undefined) throw new Error(failure)
    },
    async giveUp(SecretId) {
      const { VersionId: RemoveFromVersionId } = await client.send(new CancelRotateSecretCommand({ SecretId }))
      await client.send(
        new UpdateSecretVersionStageCommand({ SecretId, VersionStage: 'AWSPENDING', RemoveFromVersionId }),
      )
    },
    async [Symbol.asyncDispose]() {
      await local.close()
      client.destroy()
    },
  }
}
