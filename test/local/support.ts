import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { SecretsManager, type SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager'
import { afterAll } from 'vitest'
import {
  type LocalOptions,
  type LocalSecretsManager,
  startLocalSecretsManager,
} from '../../local/secrets-manager/start.ts'

export const day = 24 * 60 * 60 * 1000
export const hour = 60 * 60 * 1000

export function handlerPath(name: string): string {
  return fileURLToPath(new URL(`handlers/${name}.ts`, import.meta.url))
}

/** The SDK's client as an application has it; it does not repeat what fails unless told to. */
export function clientFor(
  { endpoint }: { endpoint: string },
  options: SecretsManagerClientConfig = {},
): SecretsManager {
  const credentials = { accessKeyId: 'application', secretAccessKey: 'local' }
  return new SecretsManager({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1, ...options })
}

export interface Stage {
  readonly local: LocalSecretsManager
  readonly client: SecretsManager
  readonly lambda: string
}

/** A server without functions for all tests of a file, which is closed after them. */
export async function withoutFunctions(): Promise<Pick<Stage, 'local' | 'client'>> {
  const local = await startLocalSecretsManager({ functions: {} })
  afterAll(() => local.close())
  return { local, client: clientFor(local) }
}

/** A server whose only function does as the description of the secret says; no delays before retries. */
export async function withOnDemand(options: LocalOptions = {}): Promise<Stage & AsyncDisposable> {
  const functions = { OnDemand: handlerPath('on-demand') }
  const local = await startLocalSecretsManager({ functions, retryDelaysMs: [], ...options })
  const close = () => local.close()
  return { local, client: clientFor(local), lambda: local.functions.OnDemand ?? '', [Symbol.asyncDispose]: close }
}

/** Creates a secret for the on-demand function and gives its ARN. */
export async function newSecret({ client }: Stage, Description = '', SecretString = 'first'): Promise<string> {
  const { ARN = '' } = await client.createSecret({ Name: `secret-${randomUUID()}`, SecretString, Description })
  return ARN
}

/** Rotates and waits for the end. */
export async function rotate(stage: Stage, SecretId: string, options: object = {}): Promise<string> {
  const { VersionId = '' } = await stage.client.rotateSecret({ SecretId, RotationLambdaARN: stage.lambda, ...options })
  await stage.local.settled()
  return VersionId
}

/** The labels by version id. */
export async function labels({ client }: Pick<Stage, 'client'>, SecretId: string): Promise<Record<string, string[]>> {
  return (await client.describeSecret({ SecretId })).VersionIdsToStages ?? {}
}

/** Counts the steps that the function was invoked for, and the versions it was about. */
export function countingSteps() {
  const steps: string[] = []
  const tokens = new Set<string>()
  return {
    steps,
    tokens,
    onStep: ({ phase, step, token }: { phase: string; step: string; token: string }) => {
      if (phase !== 'started') return
      steps.push(step)
      tokens.add(token)
    },
  }
}

/** A server whose only function runs in this process: `invoke` sees each event and says whether the step succeeds. */
export async function withFunction(
  invoke: (event: Record<string, string>, stage: Stage) => unknown,
  options: LocalOptions = {},
): Promise<Stage & AsyncDisposable> {
  const lambda = 'arn:aws:lambda:us-east-1:000000000000:function:InProcess'
  const run = async (event: unknown) => {
    await invoke(event as Record<string, string>, stage)
    return { ok: true as const, logs: '' }
  }
  const functions = { InProcess: { id: 'InProcess', arn: lambda, invoke: run, kill: () => {}, close: async () => {} } }
  const local = await startLocalSecretsManager({ functions, retryDelaysMs: [], ...options })
  const stage = { local, client: clientFor(local), lambda, [Symbol.asyncDispose]: () => local.close() }
  return stage
}
