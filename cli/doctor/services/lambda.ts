import {
  type FunctionConfiguration,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  LambdaClient,
  ListProvisionedConcurrencyConfigsCommand,
  ListTagsCommand,
} from '@aws-sdk/client-lambda'
import type { Settings } from '../../aws/connection.ts'
import { answerTo, isMissing } from '../ask.ts'
import { known, type Lambda } from '../seen.ts'
import { throttlesOf } from './throttles.ts'

/** @returns undefined where there is no such function. Throws what the SDK throws for its configuration alone. */
export async function lambdaOf(settings: Settings, arn: string, now: number): Promise<Lambda | undefined> {
  const client = new LambdaClient(settings)
  const configuration = await client.send(new GetFunctionConfigurationCommand({ FunctionName: arn })).catch(missing)
  if (configuration === undefined) return undefined
  const { FunctionName: name = arn } = configuration
  const unqualified = arn.replace(/(:function:[^:]+):.*$/, '$1')
  const [policy, reserved, provisioned, tags, refused] = await Promise.all([
    answerTo(
      'lambda:GetPolicy',
      async () => (await client.send(new GetPolicyCommand(named(arn))).catch(missing))?.Policy,
    ),
    answerTo('lambda:GetFunctionConcurrency', async () => {
      const input = { FunctionName: unqualified }
      return (await client.send(new GetFunctionConcurrencyCommand(input))).ReservedConcurrentExecutions
    }),
    answerTo('lambda:ListProvisionedConcurrencyConfigs', () => provisionedFor(client, unqualified)),
    answerTo(
      'lambda:ListTags',
      async () => (await client.send(new ListTagsCommand({ Resource: unqualified }))).Tags ?? {},
    ),
    answerTo('cloudwatch:GetMetricData', () => throttlesOf(settings, name, now)),
  ])
  const around = { policy, reserved, provisioned, throttles: refused }
  return { ...described(arn, name, configuration), ...around, tags: known(tags) ?? {} }
}

function missing(error: unknown): undefined {
  if (isMissing(error)) return undefined
  throw error
}

/** An alias or a version has a policy of its own. */
function named(arn: string) {
  const [, unqualified = arn, Qualifier] = /^(.*:function:[^:]+):(.+)$/.exec(arn) ?? []
  return { FunctionName: unqualified, ...(Qualifier && { Qualifier }) }
}

async function provisionedFor(client: LambdaClient, FunctionName: string): Promise<number | undefined> {
  const answer = await client.send(new ListProvisionedConcurrencyConfigsCommand({ FunctionName }))
  const counts = (answer.ProvisionedConcurrencyConfigs ?? []).flatMap(
    ({ RequestedProvisionedConcurrentExecutions: count }) => (count === undefined ? [] : [count]),
  )
  return counts.length === 0 ? undefined : Math.min(...counts)
}

function described(arn: string, name: string, given: FunctionConfiguration) {
  const variables = given.Environment?.Variables ?? {}
  return {
    arn,
    name,
    description: given.Description ?? '',
    runtime: given.Runtime,
    handler: given.Handler,
    codeSha256: given.CodeSha256,
    roleArn: given.Role ?? '',
    timeoutSeconds: given.Timeout ?? 3,
    state: given.State,
    stateReason: given.StateReason,
    lastUpdate: given.LastUpdateStatus,
    logGroup: given.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`,
    endpoint: variables.SECRETS_MANAGER_ENDPOINT || undefined,
    logLevel: variables.LOG_LEVEL ?? variables.AWS_LAMBDA_LOG_LEVEL,
    subnetIds: given.VpcConfig?.SubnetIds ?? [],
    groupIds: given.VpcConfig?.SecurityGroupIds ?? [],
  }
}
