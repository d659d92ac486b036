import { randomUUID } from 'node:crypto'
import { CreateLogGroupCommand, CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { AddPermissionCommand, CreateFunctionCommand, type Runtime } from '@aws-sdk/client-lambda'
import {
  CreateSecretCommand,
  type CreateSecretCommandInput,
  RotateSecretCommand,
  type RotateSecretCommandInput,
} from '@aws-sdk/client-secrets-manager'
import { account as accountId, arnOfFunction, defaultRegion as region } from '../../../local/secrets-manager/arns.ts'
import type { Invocation, RotationFunction } from '../../../local/secrets-manager/functions/invocation.ts'
import { runLambda } from '../../../local/secrets-manager/functions/lambda.ts'
import type { Call } from '../../../local/secrets-manager/service/calls.ts'
import { repositoryPath } from '../../support/function-under-test.ts'
import { type AwsAccount, awsAccount } from './account.ts'
import { type Ground, ground } from './ground.ts'

/** How a function is deployed, where it differs from what the template makes. */
export interface Deployed {
  readonly runtime?: string
  readonly handler?: string
  readonly description?: string
  readonly timeoutSeconds?: number
  readonly variables?: Readonly<Record<string, string>>
  readonly tags?: Readonly<Record<string, string>>
  readonly roleArn?: string
  /** Subnets and groups; in no VPC unless given. */
  readonly vpc?: { readonly subnets: readonly string[]; readonly groups: readonly string[] }
  /** Statements of its role; those of the template unless given. */
  readonly statements?: readonly object[]
  readonly permission?: false | { readonly account: string }
}

export interface Wanted {
  /** The module that is run, from the root of the repository; GeneratedValue unless given. */
  readonly module?: string
  readonly env?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
  /** What the function answers, where no module of ours does it. */
  readonly invoke?: RotationFunction['invoke']
  readonly deployed?: Deployed
  readonly value?: string
  readonly secret?: Partial<CreateSecretCommandInput>
  /** Whether the function does not end, so that nobody waits for it. */
  readonly keepsRunning?: boolean
  /** How rotation is switched on; undefined leaves it off. */
  readonly rotation?: Partial<RotateSecretCommandInput> | false
}

/** A secret with a function that rotates it. */
export interface SetUp {
  readonly arn: string
  readonly name: string
  readonly functionName: string
  readonly roleName: string
}

export interface World extends AsyncDisposable {
  readonly account: AwsAccount
  readonly ground: Ground
  /** Refuses calls of functions to Secrets Manager. */
  fault: (call: Call) => { readonly type: string; readonly message: string } | undefined
  setUp(wanted?: Wanted): Promise<SetUp>
  /** Writes lines into the log of a function. */
  log(functionName: string, lines: readonly string[], time?: number): Promise<void>
  /** Waits until what the functions have said is in their log. */
  settled(): Promise<void>
}

const most = 120
const generatedValue = 'functions/generated-value/generated-value.ts'
/** An empty zip: moto takes it, and runs none. */
const emptyZip = Buffer.from(`504b0506${'00'.repeat(18)}`, 'hex')

export async function startWorld(): Promise<World> {
  const running = new Map<string, RotationFunction>()
  const waiting = new Set<Promise<unknown>>()
  const broken: Invocation = {
    ok: false,
    logs: '',
    error: { errorType: 'NoFunction', errorMessage: 'none', trace: [] },
  }
  const pool = Array.from({ length: most }, (_, index) => `keyturn-Function${index}`)
  const functions = pool.map((id): [string, RotationFunction] => {
    const invoke = async (event: unknown) => {
      const outcome = (await running.get(id)?.invoke(event)) ?? broken
      const work = world.log(
        id,
        outcome.logs.split('\n').filter((line) => line !== ''),
      )
      waiting.add(work)
      void work.finally(() => waiting.delete(work))
      return outcome
    }
    return [
      id,
      {
        id,
        arn: arnOfFunction(id),
        invoke,
        kill: () => running.get(id)?.kill(),
        close: async () => running.get(id)?.close(),
      },
    ]
  })
  const account = await awsAccount(Object.fromEntries(functions), (call) => {
    const error = world.fault(call)
    return error && { error }
  })
  const { lambda, iam, logs, secrets } = account.clients
  const around = await ground(account.clients)

  async function deploy(name: string, { deployed = {}, env }: Wanted): Promise<void> {
    const { statements = statementsOf(name), permission, vpc, tags, variables = env } = deployed
    const trust = [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }]
    const RoleName = `${name}Role`
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: policy(trust) }))
    await Promise.all([
      iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'rotate', PolicyDocument: policy(statements) })),
      logs.send(new CreateLogGroupCommand({ logGroupName: `/aws/lambda/${name}` })),
    ])
    await Promise.all([
      logs.send(new CreateLogStreamCommand({ logGroupName: `/aws/lambda/${name}`, logStreamName: 'all' })),
      lambda.send(
        new CreateFunctionCommand({
          FunctionName: name,
          Runtime: (deployed.runtime ?? 'nodejs24.x') as Runtime,
          Handler: deployed.handler ?? 'generated-value.handler',
          Role: deployed.roleArn ?? `arn:aws:iam::${accountId}:role/${RoleName}`,
          Code: { ZipFile: emptyZip },
          Timeout: deployed.timeoutSeconds ?? 30,
          ...(deployed.description && { Description: deployed.description }),
          ...(variables && { Environment: { Variables: variables } }),
          ...(tags && { Tags: tags }),
          ...(vpc && { VpcConfig: { SubnetIds: [...vpc.subnets], SecurityGroupIds: [...vpc.groups] } }),
        }),
      ),
    ])
    if (permission === false) return
    const by = { Principal: 'secretsmanager.amazonaws.com', SourceAccount: permission?.account ?? accountId }
    await lambda.send(
      new AddPermissionCommand({ FunctionName: name, StatementId: 'sm', Action: 'lambda:InvokeFunction', ...by }),
    )
  }

  const world: World = {
    account,
    ground: around,
    fault: () => undefined,
    async setUp(wanted = {}) {
      const functionName = pool.shift() ?? ''
      const { module = generatedValue, env = {}, timeoutMs = 30_000, invoke } = wanted
      const settings = { module: repositoryPath(module), env, timeoutMs }
      const real = runLambda(
        functionName,
        settings,
        () => account.local.endpoint,
        () => {},
      )
      running.set(functionName, invoke === undefined ? real : { ...real, invoke })
      await deploy(functionName, wanted)
      const name = `test/${randomUUID().slice(0, 8)}`
      const { ARN: arn = '' } = await secrets.send(
        new CreateSecretCommand({ Name: name, SecretString: wanted.value ?? 'first', ...wanted.secret }),
      )
      if (wanted.rotation !== false) {
        const RotationRules = { AutomaticallyAfterDays: 30 }
        const RotationLambdaARN = arnOfFunction(functionName)
        await secrets.send(
          new RotateSecretCommand({ SecretId: arn, RotationLambdaARN, RotationRules, ...wanted.rotation }),
        )
        if (wanted.keepsRunning !== true) await world.settled()
      }
      return { arn, name, functionName, roleName: `${functionName}Role` }
    },
    async log(name, lines, timestamp = Date.now()) {
      if (lines.length === 0) return
      const group = { logGroupName: `/aws/lambda/${name}`, logStreamName: 'all' }
      await logs.send(
        new PutLogEventsCommand({ ...group, logEvents: lines.map((message) => ({ timestamp, message })) }),
      )
    },
    async settled() {
      await account.local.settled()
      await Promise.all(waiting)
    },
    [Symbol.asyncDispose]: () => account[Symbol.asyncDispose](),
  }
  return world
}

export const policy = (Statement: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement })

/** As template/function.yaml has them. */
export function statementsOf(functionName: string): readonly object[] {
  const calls = ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage']
  const condition = { 'secretsmanager:resource/AllowRotationLambdaArn': arnOfFunction(functionName) }
  return [
    {
      Effect: 'Allow',
      Action: calls.map((name) => `secretsmanager:${name}`),
      Resource: `arn:aws:secretsmanager:${region}:${accountId}:secret:*`,
      Condition: { StringEquals: condition },
    },
    {
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: '*',
      Condition: { StringEquals: { 'kms:ViaService': `secretsmanager.${region}.amazonaws.com` } },
    },
  ]
}
