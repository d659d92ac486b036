import { randomUUID } from 'node:crypto'
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import type { Invocation } from '../../local/secrets-manager/functions/invocation.ts'
import { runLambda } from '../../local/secrets-manager/functions/lambda.ts'
import {
  type LocalOptions,
  type LocalSecretsManager,
  startLocalSecretsManager,
} from '../../local/secrets-manager/start.ts'
import type { Step } from '../../shared/rotation/event.ts'
import { byHand } from './by-hand.ts'
import { type FunctionUnderTest, heard, lambdaSettings } from './function-under-test.ts'
import { ended } from './rotation-end.ts'

export type Label = 'AWSCURRENT' | 'AWSPENDING' | 'AWSPREVIOUS'

/** A Secrets Manager of a suite's own, and one function that rotates its secrets. */
export interface SecretsManager extends AsyncDisposable {
  readonly client: SecretsManagerClient
  readonly local: LocalSecretsManager
  /** Everything that the function wrote to its streams or returned as an error so far. */
  output(): string
  /** The RotationTokens so far: secrets, too. */
  rotationTokens(): readonly string[]
  /** @returns the ARN */
  store(value: string): Promise<string>
  value(secretId: string, label: Label): Promise<string | undefined>
  /** As `value`. Throws where there is none. */
  storedValue(secretId: string, label: Label): Promise<string>
  labels(secretId: string): Promise<Readonly<Record<string, readonly string[]>>>
  /** Lets the service rotate the secret by itself. Throws what the function said if it does not succeed at once. */
  rotate(secretId: string): Promise<void>
  /** RotateImmediately=false: lets the service run testSecret alone, on a copy of the current value. */
  testOnly(secretId: string): Promise<void>
  /** Invokes the function with any event. */
  invoke(event: unknown): Promise<Invocation>
  /** Stores the pending value of a rotation by hand. */
  storePending(rotation: RotationByHand, value: string): Promise<void>
  /** Starts a rotation as the service does, and leaves its steps to the test. */
  begin(secretId: string): Promise<RotationByHand>
}

export interface RotationByHand {
  readonly secretId: string
  readonly token: string
  readonly rotationToken: string
  /** Runs one step and gives what came of it. */
  attempt(step: Step): Promise<Invocation>
  /** Runs one step that must succeed. */
  run(...steps: Step[]): Promise<void>
  /** Tells the service that the rotation is over, so that the next one can begin. */
  end(): Promise<void>
}

export const fourSteps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const

export async function secretsManagerFor(
  about: FunctionUnderTest,
  options: Omit<LocalOptions, 'functions' | 'onStep'> = {},
): Promise<SecretsManager> {
  const output: string[] = []
  let endpoint = ''
  const lambda = runLambda(
    about.id,
    lambdaSettings(about),
    () => endpoint,
    () => {},
  )
  const hand = byHand(heard(lambda, output))
  const steps: { arn: string; token: string; error: string }[] = []
  const local = await startLocalSecretsManager({
    retryDelaysMs: [],
    ...options,
    functions: { [about.id]: hand.function },
    onStep(step) {
      if (step.phase === 'ended' && step.outcome === 'failed')
        steps.push({ arn: step.secretArn, token: step.token, error: `${step.step}: ${step.error?.errorMessage}` })
    },
  })
  endpoint = local.endpoint
  const client = localClient(endpoint)

  async function start(SecretId: string, RotateImmediately: boolean): Promise<string> {
    const ClientRequestToken = randomUUID()
    await client.send(
      new RotateSecretCommand({
        SecretId,
        ClientRequestToken,
        RotateImmediately,
        RotationLambdaARN: lambda.arn,
        RotationRules: { AutomaticallyAfterDays: 30 },
      }),
    )
    return ClientRequestToken
  }
  async function throughTheService(secretId: string, immediately: boolean) {
    const token = await start(secretId, immediately)
    await ended(local, token)
    const failed = steps.find((step) => step.token === token)
    if (failed !== undefined) throw new Error(`The rotation failed in ${failed.error}`)
  }

  async function value(SecretId: string, VersionStage: Label): Promise<string | undefined> {
    try {
      return (await client.send(new GetSecretValueCommand({ SecretId, VersionStage }))).SecretString
    } catch (error) {
      if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined
      throw error
    }
  }

  return {
    client,
    local,
    output: () => output.join('\n'),
    rotationTokens: () => hand.rotationTokens,
    async store(SecretString) {
      const Name = `test/${randomUUID()}`
      const { ARN } = await client.send(new CreateSecretCommand({ Name, SecretString }))
      return ARN ?? Name
    },
    value,
    async storedValue(secretId, label) {
      const found = await value(secretId, label)
      if (found === undefined) throw new Error(`${secretId} has no value with ${label}.`)
      return found
    },
    async labels(SecretId) {
      return (await client.send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages ?? {}
    },
    rotate: (secretId) => throughTheService(secretId, true),
    testOnly: (secretId) => throughTheService(secretId, false),
    invoke: (event) => heard(lambda, output).invoke(event),
    async storePending({ secretId: SecretId, token: ClientRequestToken }, SecretString) {
      const pending = { SecretId, ClientRequestToken, SecretString, VersionStages: ['AWSPENDING'] }
      await client.send(new PutSecretValueCommand(pending))
    },
    async begin(secretId) {
      const event = hand.next(secretId)
      const token = await start(secretId, true)
      const { RotationToken: rotationToken } = await event
      const attempt = (Step: Step) =>
        heard(lambda, output).invoke({
          Step,
          SecretId: secretId,
          ClientRequestToken: token,
          RotationToken: rotationToken,
        })
      return {
        secretId,
        token,
        rotationToken,
        attempt,
        async end() {
          hand.end(token)
          await ended(local, token)
        },
        async run(...wanted) {
          for (const step of wanted) {
            const outcome = await attempt(step)
            if (!outcome.ok) throw new Error(`${step} failed: ${outcome.error.errorMessage}`)
          }
        },
      }
    },
    async [Symbol.asyncDispose]() {
      hand.release()
      await local.close()
      client.destroy()
    },
  }
}

export function localClient(endpoint: string): SecretsManagerClient {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  return new SecretsManagerClient({ endpoint, region: 'us-east-1', credentials })
}
