import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  InvokeCommand,
  type InvokeCommandInput,
  LambdaClient,
} from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newSecret, rotate, type Stage, withOnDemand } from './support.ts'

let stage: Stage & AsyncDisposable
let lambda: LambdaClient
let logs: CloudWatchLogsClient
let secretId = ''
beforeAll(async () => {
  stage = await withOnDemand()
  const credentials = { accessKeyId: 'operator', secretAccessKey: 'local' }
  const settings = { endpoint: stage.local.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 }
  lambda = new LambdaClient(settings)
  logs = new CloudWatchLogsClient(settings)
  secretId = await newSecret(stage, 'report setSecret')
  await rotate(stage, secretId)
})
afterAll(() => stage[Symbol.asyncDispose]())

const event = (Step: string) => ({ Step, SecretId: secretId, ClientRequestToken: 'x'.repeat(36) })
async function invoke(Step: string, more: Partial<InvokeCommandInput> = {}) {
  const input = { FunctionName: 'OnDemand', Payload: JSON.stringify(event(Step)), ...more }
  const { Payload, ...answer } = await lambda.send(new InvokeCommand(input))
  return {
    ...answer,
    payload: Payload ? JSON.parse(Buffer.from(Payload).toString() || 'null') : undefined,
  }
}

describe('Lambda on a laptop', () => {
  it('invokes a function by its name, its ARN, and with an alias, and gives what it answers', async () => {
    for (const FunctionName of ['OnDemand', stage.lambda, `${stage.lambda}:live`, 'OnDemand:$LATEST']) {
      const { FunctionError, StatusCode, payload } = await invoke('nothing', { FunctionName })
      expect({ FunctionError, StatusCode }).toEqual({ FunctionError: 'Unhandled', StatusCode: 200 })
      expect(payload).toMatchObject({ errorType: 'Error', errorMessage: expect.any(String) })
    }
  })

  it('gives the end of the log where it is asked for, and runs nothing for a dry run', async () => {
    const { LogResult = '' } = await invoke('setSecret', { LogType: 'Tail' })
    expect(Buffer.from(LogResult, 'base64').toString()).toContain('step setSecret\n')
    expect(await invoke('setSecret', { InvocationType: 'DryRun' })).toMatchObject({ StatusCode: 204 })
  })

  it('answers for a missing function as Lambda does', async () => {
    await expect(invoke('setSecret', { FunctionName: 'Nobody' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Function not found: Nobody',
    })
  })

  it('has a configuration, a policy that lets Secrets Manager in, and no reserved concurrency', async () => {
    const FunctionName = 'OnDemand'
    const configuration = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))
    expect(configuration).toMatchObject({
      FunctionArn: stage.lambda,
      Timeout: 30,
      MemorySize: 256,
      LoggingConfig: { LogGroup: '/aws/lambda/OnDemand' },
    })
    const { Policy = '' } = await lambda.send(new GetPolicyCommand({ FunctionName }))
    expect(JSON.parse(Policy).Statement).toMatchObject([{ Principal: { Service: 'secretsmanager.amazonaws.com' } }])
    const { ReservedConcurrentExecutions } = await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }))
    expect(ReservedConcurrentExecutions).toBeUndefined()
  })
})

describe('CloudWatch Logs on a laptop', () => {
  const filter = async (filterPattern?: string, more: object = {}) => {
    const input = { logGroupName: '/aws/lambda/OnDemand', ...(filterPattern && { filterPattern }), ...more }
    return logs.send(new FilterLogEventsCommand(input))
  }
  const messages = async (pattern?: string) => ((await filter(pattern)).events ?? []).map(({ message }) => message)

  it('finds the lines of a function by fields, by a phrase, and by time', async () => {
    expect(await messages('"remaining"')).toEqual(
      (await messages()).filter((message) => message?.includes('remaining')),
    )
    expect((await messages('"remaining"')).length).toBeGreaterThan(0)
    expect(await messages('{ $.context.functionName = "OnDemand" }')).toEqual(await messages('"remaining"'))
    expect(await messages('{ $.context.functionName = "Other" }')).toEqual([])
    expect(await messages('{ $.context.functionName = "Other" || $.stripsTypes = "x" }')).toEqual([])
    expect(await messages('{ $.context.functionName = "OnDemand" && $.context.functionVersion = "$LATEST" }')).toEqual(
      await messages('"remaining"'),
    )
    expect((await filter(undefined, { startTime: Date.now() + 60_000 })).events).toEqual([])
  })

  it('gives pages', async () => {
    const all = await messages()
    const first = await filter(undefined, { limit: 1 })
    const rest = await filter(undefined, { nextToken: first.nextToken })
    expect([...(first.events ?? []), ...(rest.events ?? [])].map(({ message }) => message)).toEqual(all)
  })

  it('keeps the word of Lambda where a function has crashed', async () => {
    await rotate(stage, await newSecret(stage, 'exit createSecret'))
    expect(await messages('"Runtime exited"')).toHaveLength(1)
  })

  it('refuses patterns that it does not know, and groups that are not there', async () => {
    await expect(filter('{ $.code = * }')).rejects.toMatchObject({ name: 'InvalidParameterException' })
    await expect(filter('', { logGroupName: '/aws/lambda/Nobody' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
  })
})
