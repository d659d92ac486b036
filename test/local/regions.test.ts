import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import { GetFunctionConfigurationCommand, GetPolicyCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clientFor, newSecret, rotate, type Stage, withOnDemand } from './support.ts'

const credentials = { accessKeyId: 'application', secretAccessKey: 'local' }
let stage: Stage & AsyncDisposable
beforeAll(async () => {
  stage = await withOnDemand()
})
afterAll(() => stage[Symbol.asyncDispose]())

const clientIn = (region: string) => clientFor(stage.local, { region })
const functionIn = (partition: string, region: string) =>
  `arn:${partition}:lambda:${region}:000000000000:function:OnDemand`

describe('the Region that a client signs for', () => {
  test.each([
    ['aws', 'us-east-1'],
    ['aws', 'eu-central-1'],
    ['aws-cn', 'cn-north-1'],
    ['aws-us-gov', 'us-gov-west-1'],
  ])('is in the ARNs: %s, %s', async (partition, region) => {
    const there = { ...stage, client: clientIn(region), lambda: functionIn(partition, region) }
    const SecretId = await newSecret(there, 'report createSecret')
    expect(SecretId).toMatch(new RegExp(`^arn:${partition}:secretsmanager:${region}:000000000000:secret:secret-.+`))
    const before = await there.client.getSecretValue({ SecretId })
    // The function asks in its own Region, or it would not find the secret.
    await rotate(there, SecretId)
    expect((await there.client.getSecretValue({ SecretId })).VersionId).not.toBe(before.VersionId)
    expect(await there.client.describeSecret({ SecretId })).toMatchObject({ RotationLambdaARN: there.lambda })
    const events = stage.local.events.list().filter(({ detail }) => JSON.stringify(detail).includes(SecretId))
    expect(events.map((event) => event.region)).toContain(region)
    expect(new Set(events.map((event) => event.region)).size).toBe(1)
  })

  test('has secrets of its own: one name is free in each, and an ARN of another is not found', async () => {
    const [here, there] = [clientIn('eu-west-1'), clientIn('eu-west-2')]
    const { ARN } = await here.createSecret({ Name: 'app', SecretString: 'here' })
    await there.createSecret({ Name: 'app', SecretString: 'there' })
    expect(await here.getSecretValue({ SecretId: 'app' })).toMatchObject({ SecretString: 'here' })
    expect(await there.getSecretValue({ SecretId: 'app' })).toMatchObject({ SecretString: 'there' })
    expect((await there.listSecrets({})).SecretList).toHaveLength(1)
    await expect(there.getSecretValue({ SecretId: ARN })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret.",
    })
  })

  test('a function of another Region can’t be invoked', async () => {
    const there = { ...stage, client: clientIn('eu-west-3') }
    const SecretId = await newSecret(there)
    const named = functionIn('aws', 'eu-west-3').replace('OnDemand', 'NAME')
    await expect(
      there.client.rotateSecret({ SecretId, RotationLambdaARN: functionIn('aws', 'eu-west-1') }),
    ).rejects.toMatchObject({ name: 'AccessDeniedException', message: expect.stringContaining(named) })
  })

  test('has the functions and the trail of its own', async () => {
    const region = 'sa-east-1'
    const settings = { endpoint: stage.local.endpoint, region, credentials, maxAttempts: 1 }
    const lambda = new LambdaClient(settings)
    const FunctionName = 'OnDemand'
    const { FunctionArn } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))
    expect(FunctionArn).toBe(functionIn('aws', region))
    const { Policy = '' } = await lambda.send(new GetPolicyCommand({ FunctionName }))
    expect(JSON.parse(Policy).Statement[0].Resource).toBe(functionIn('aws', region))
    await clientIn(region).createSecret({ Name: 'of-the-trail', SecretString: 'x' })
    const { Events = [] } = await new CloudTrailClient(settings).send(new LookupEventsCommand({}))
    const created = Events.filter(({ EventName }) => EventName === 'CreateSecret')
    expect(created.map(({ CloudTrailEvent }) => JSON.parse(CloudTrailEvent ?? '').requestParameters)).toEqual([
      { secretId: 'of-the-trail' },
    ])
  })

  test('is us-east-1 where nothing is signed', async () => {
    const headers = { 'x-amz-target': 'secretsmanager.CreateSecret' }
    const body = JSON.stringify({ Name: 'unsigned', ClientRequestToken: 'x'.repeat(32) })
    const response = await fetch(stage.local.endpoint, { method: 'POST', headers, body })
    expect(((await response.json()) as { ARN: string }).ARN).toMatch(/^arn:aws:secretsmanager:us-east-1:/)
  })
})
