import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
} from '@aws-sdk/client-secrets-manager'
import type {
  Invocation,
  RotationEvent,
  RotationFunction,
} from '../../../local/secrets-manager/functions/invocation.ts'
import { runLambda } from '../../../local/secrets-manager/functions/lambda.ts'
import type { Call, Fault } from '../../../local/secrets-manager/service/calls.ts'
import { type LocalSecretsManager, startLocalSecretsManager } from '../../../local/secrets-manager/start.ts'
import type { Step } from '../../../shared/rotation/event.ts'
import { databaseFunction } from '../../functions/databases/database-type.ts'
import { createRole } from '../../functions/postgres/roles.ts'
import { lambdaSettings } from '../../support/function-under-test.ts'
import { postgresServer, type TestServer } from '../../support/postgres.ts'
import { localClient } from '../../support/secrets-manager.ts'

/** How long the function has, as far as its configuration says, and how long one has that is not waited for; in milliseconds. */
export const timeoutMs = 300
const longTimeoutMs = 60_000

/** A laptop's Secrets Manager with a function that rotates a login of a real PostgreSQL, and rotations that are stuck. */
export interface StuckWorld extends AsyncDisposable {
  readonly local: LocalSecretsManager
  readonly client: ReturnType<typeof localClient>
  /** Runs a step of a rotation, without the service. */
  invoke(event: Partial<RotationEvent>): Promise<Invocation>
  /** Sees each call before it is carried out, and may spoil it. */
  onCall: (call: Call) => Fault | undefined | Promise<Fault | undefined>
  /** Makes a secret whose rotation has failed in a step. */
  stuckAt(step: Step, by?: 'PostgresSingleUser' | 'SlowSingleUser'): Promise<Stuck>
  /** Which versions log in: what matters in the end. */
  working(arn: string): Promise<Working>
  /** Whether a version logs in, with or without labels. */
  logsIn(arn: string, version: string): Promise<boolean>
  /** Lets steps run again. */
  mended: boolean
}

export interface Stuck {
  readonly arn: string
  readonly name: string
  readonly pending: string
  readonly current: string
}

export interface Working {
  readonly current: boolean
  /** Undefined where no version has the label. */
  readonly pending: boolean | undefined
  readonly versionOf: Readonly<Partial<Record<string, string>>>
}

let count = 0

export async function startStuckWorld(): Promise<StuckWorld> {
  const server: TestServer = await postgresServer(18)
  let local: LocalSecretsManager
  let failing: Step | undefined
  const settings = lambdaSettings(databaseFunction('postgres/single-user', server))
  const error = { errorType: 'Error', errorMessage: 'not now', trace: [] }
  /** The function really has longer: a busy machine must not decide a test. */
  const lambda = (id: string, timeout: number): RotationFunction => {
    const real = runLambda(
      id,
      settings,
      () => local.endpoint,
      () => {},
    )
    const invoke = async (event: unknown) => {
      const { Step } = event as Partial<RotationEvent>
      const fails = Step !== undefined && Step === failing && !world.mended
      return fails ? { ok: false as const, logs: '', error } : real.invoke(event)
    }
    return { ...real, timeoutMs: timeout, invoke }
  }
  const quick = lambda('PostgresSingleUser', timeoutMs)
  local = await startLocalSecretsManager({
    functions: {
      PostgresSingleUser: quick,
      SlowSingleUser: lambda('SlowSingleUser', longTimeoutMs),
    },
    retryDelaysMs: [],
    intercept: (call) => world.onCall(call),
  })
  const client = localClient(local.endpoint)
  const value = async (SecretId: string, VersionStage: string) => {
    const found = await client.send(new GetSecretValueCommand({ SecretId, VersionStage })).catch(() => undefined)
    return found?.SecretString === undefined ? undefined : JSON.parse(found.SecretString)
  }
  const world: StuckWorld = {
    local,
    client,
    invoke: async (event) => {
      const before = world.mended
      world.mended = true
      const outcome = await quick.invoke(event)
      world.mended = before
      return outcome
    },
    onCall: () => undefined,
    mended: false,
    async stuckAt(step, by = 'PostgresSingleUser') {
      const { host, port } = server
      const login = { engine: 'postgres', host, port, dbname: 'postgres', ...(await createRole(server)) }
      const Name = `stuck/${count++}`
      const { ARN: arn = '' } = await client.send(
        new CreateSecretCommand({ Name, SecretString: JSON.stringify(login) }),
      )
      failing = step
      world.mended = false
      const rotation = { RotationLambdaARN: local.functions[by] ?? '', RotationRules: { AutomaticallyAfterDays: 30 } }
      await client.send(new RotateSecretCommand({ SecretId: arn, ...rotation }))
      await local.settled()
      const { versionOf } = await world.working(arn)
      return { arn, name: Name, pending: versionOf.AWSPENDING ?? '', current: versionOf.AWSCURRENT ?? '' }
    },
    async working(arn) {
      const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId: arn }))
      const labels = Object.entries(VersionIdsToStages).flatMap(([id, held]) =>
        held.map((label) => [label, id] as const),
      )
      const logsIn = async (label: string) => {
        const login = await value(arn, label)
        return login === undefined ? undefined : (await server.login(login)) !== undefined
      }
      const [current = false, pending] = [await logsIn('AWSCURRENT'), await logsIn('AWSPENDING')]
      return { current, pending, versionOf: Object.fromEntries(labels) }
    },
    async logsIn(SecretId, VersionId) {
      const { SecretString = '{}' } = await client.send(new GetSecretValueCommand({ SecretId, VersionId }))
      return (await server.login(JSON.parse(SecretString))) !== undefined
    },
    async [Symbol.asyncDispose]() {
      await local.close()
      client.destroy()
    },
  }
  return world
}
