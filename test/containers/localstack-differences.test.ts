import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import type { RotationEvent } from '../../local/secrets-manager/functions/invocation.ts'
import { runLambda } from '../../local/secrets-manager/functions/lambda.ts'
import { clientFor, countingSteps, withFunction, withOnDemand } from '../local/support.ts'
import { repositoryPath } from '../support/function-under-test.ts'
import { awsQuery, functionLog } from './aws-calls.ts'

// Where LocalStack and AWS differ, the functions and the Secrets Manager for a laptop do as AWS. Each test shows both. A test that
// fails because LocalStack now does as AWS may be removed, with the workarounds in other tests.
const { endpoint, heldFunction } = inject('containers').localstack
const localstack = clientFor({ endpoint })
const days = { RotationRules: { AutomaticallyAfterDays: 30 } }
const held = { RotationLambdaARN: heldFunction, ...days }

async function secretIn(client: typeof localstack) {
  const Name = `difference-${randomUUID()}`
  const { ARN = '' } = await client.createSecret({ Name, SecretString: '{"password":"first"}' })
  return { Name, ARN }
}

/** The events that the held function was sent for a version. */
async function heldEvents(version: string): Promise<readonly RotationEvent[]> {
  for (let attempt = 1; ; attempt++) {
    const lines = (await functionLog(endpoint, 'Held')).matchAll(/EVENT (\{.*\})/g)
    const events = [...lines].map(([, json = '']) => JSON.parse(json) as RotationEvent)
    const found = events.filter(({ ClientRequestToken }) => ClientRequestToken === version)
    if (found.length > 0 || attempt === 50) return found
    await sleep(100)
  }
}

/** GeneratedValue, which looks for its secrets in LocalStack. */
function generatedValue() {
  const settings = { module: repositoryPath('functions/generated-value/generated-value.ts') }
  const lambda = runLambda(
    ...(['GeneratedValue', settings] as const),
    () => endpoint,
    () => undefined,
  )
  onTestFinished(() => lambda.close())
  return lambda
}

const pendingVersion = (labels: Readonly<Record<string, readonly string[]>> = {}) =>
  Object.keys(labels).filter((version) => labels[version]?.includes('AWSPENDING'))

describe('LocalStack differs from AWS', () => {
  it("its events have the secret's name and no RotationToken, ours the ARN and a token; functions take both", async () => {
    const { Name, ARN } = await secretIn(localstack)
    const { VersionId = '' } = await localstack.rotateSecret({ SecretId: ARN, ...held })
    const event = { Step: 'createSecret', SecretId: Name, ClientRequestToken: VersionId }
    expect(await heldEvents(VersionId)).toEqual([event])
    const lambda = generatedValue()
    for (const Step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret']) {
      expect(await lambda.invoke({ ...event, Step })).toMatchObject({ ok: true })
    }
    expect((await localstack.getSecretValue({ SecretId: ARN })).VersionId).toBe(VersionId)

    const sent: Record<string, string>[] = []
    await using laptop = await withFunction((step) => sent.push(step))
    const ours = await secretIn(laptop.client)
    await laptop.client.rotateSecret({ SecretId: ours.Name, RotationLambdaARN: laptop.lambda, ...days })
    await laptop.local.settled()
    expect(sent[0]).toMatchObject({ SecretId: ours.ARN, RotationToken: expect.stringMatching(/^.{36,}$/) })
  })

  it('rotate-secret waits for the steps, and a failed one is answered with 200; ours answers first and then reports it', async () => {
    const { ARN: SecretId } = await secretIn(localstack)
    const { VersionId = '', $metadata } = await localstack.rotateSecret({ SecretId, ...held })
    expect($metadata.httpStatusCode).toBe(200)
    // It has been run by the time of the answer, and failed.
    expect(await heldEvents(VersionId)).toHaveLength(1)
    expect(pendingVersion((await localstack.describeSecret({ SecretId })).VersionIdsToStages)).toEqual([VersionId])

    const { promise: answered, resolve } = Promise.withResolvers<void>()
    await using laptop = await withFunction(async () => {
      await answered
      throw new Error('held')
    })
    const ours = await secretIn(laptop.client)
    const rotation = { SecretId: ours.ARN, RotationLambdaARN: laptop.lambda, ...days }
    // Would wait for ever if it waited for the step.
    await laptop.client.rotateSecret(rotation)
    resolve()
    await laptop.local.settled()
    expect(laptop.local.events.names(ours.ARN)).toContain('RotationFailed')
  })

  it('its stuck rotation is repeated when RotateSecret is called, ours by itself', async () => {
    const { ARN: SecretId } = await secretIn(localstack)
    const { VersionId = '' } = await localstack.rotateSecret({ SecretId, ...held })
    await expect(localstack.rotateSecret({ SecretId })).rejects.toMatchObject({
      name: 'InvalidRequestException',
      message: 'Previous rotation request is still in progress.',
    })
    await expect.poll(async () => (await heldEvents(VersionId)).length, { timeout: 10_000 }).toBe(2)

    const { steps, onStep } = countingSteps()
    await using laptop = await withOnDemand({ retryDelaysMs: [60_000], onStep })
    const { client, lambda, local } = laptop
    const { ARN = '' } = await client.createSecret({ Name: 'stuck', SecretString: '1', Description: 'fail setSecret' })
    await client.rotateSecret({ SecretId: ARN, RotationLambdaARN: lambda, ...days })
    await local.settled()
    await local.clock.advance(61_000)
    expect(steps).toEqual(['createSecret', 'setSecret', 'createSecret', 'setSecret'])
    await expect(client.rotateSecret({ SecretId: ARN })).rejects.toMatchObject({
      message: expect.stringMatching(/^A previous rotation isn.t complete. That rotation will be reattempted.$/),
    })
  })

  it('its RotateImmediately=false is answered with 500, ours runs testSecret alone', async () => {
    const { ARN: SecretId } = await secretIn(localstack)
    const rotation = localstack.rotateSecret({ SecretId, RotateImmediately: false, ...held })
    await expect(rotation).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } })
    expect(await localstack.describeSecret({ SecretId })).toMatchObject({ RotationEnabled: true })

    const { steps, onStep } = countingSteps()
    await using laptop = await withOnDemand({ onStep })
    const ours = await secretIn(laptop.client)
    const RotationLambdaARN = laptop.lambda
    await laptop.client.rotateSecret({ SecretId: ours.ARN, RotateImmediately: false, RotationLambdaARN, ...days })
    await laptop.local.settled()
    expect(steps).toEqual(['testSecret'])
  })

  it('its pending value can be overwritten in silence, ours cannot; a repeated createSecret never tries', async () => {
    const overwrite = async (client: typeof localstack, SecretId: string) => {
      const version = { SecretId, ClientRequestToken: randomUUID(), VersionStages: ['AWSPENDING'] }
      await client.putSecretValue({ ...version, SecretString: 'one' })
      await client.putSecretValue({ ...version, SecretString: 'two' })
      return (await client.getSecretValue({ SecretId, VersionStage: 'AWSPENDING' })).SecretString
    }
    const { ARN: SecretId } = await secretIn(localstack)
    expect(await overwrite(localstack, SecretId)).toBe('two')
    await using laptop = await withOnDemand()
    const ours = await secretIn(laptop.client)
    await expect(overwrite(laptop.client, ours.ARN)).rejects.toMatchObject({ name: 'ResourceExistsException' })

    const other = (await secretIn(localstack)).ARN
    const { VersionId } = await localstack.rotateSecret({ SecretId: other, ...held })
    const lambda = generatedValue()
    const create = async () => {
      const event = {
        Step: 'createSecret',
        SecretId: other,
        ClientRequestToken: VersionId,
        RotationToken: randomUUID(),
      }
      expect(await lambda.invoke(event)).toMatchObject({ ok: true })
      return (await localstack.getSecretValue({ SecretId: other, VersionStage: 'AWSPENDING' })).SecretString
    }
    const first = await create()
    expect(first).toMatch(/"password":"[^"]{32}"/)
    expect(await create()).toBe(first)
  })

  it('with a schedule expression it does not call rotation enabled, and ours does; functions work all the same', async () => {
    const RotationRules = { ScheduleExpression: 'rate(10 days)' }
    const { ARN: SecretId } = await secretIn(localstack)
    const { VersionId } = await localstack.rotateSecret({ SecretId, RotationLambdaARN: heldFunction, RotationRules })
    expect((await localstack.describeSecret({ SecretId })).RotationEnabled).toBeUndefined()
    const event = { Step: 'createSecret', SecretId, ClientRequestToken: VersionId, RotationToken: randomUUID() }
    expect(await generatedValue().invoke(event)).toMatchObject({ ok: true })

    await using laptop = await withOnDemand()
    const ours = await secretIn(laptop.client)
    await laptop.client.rotateSecret({ SecretId: ours.ARN, RotationLambdaARN: laptop.lambda, RotationRules })
    await laptop.local.settled()
    expect((await laptop.client.describeSecret({ SecretId: ours.ARN })).RotationEnabled).toBe(true)
  })

  it('a function that does not exist is not found; ours says, as AWS does, that it may not be invoked', async () => {
    const RotationLambdaARN = 'arn:aws:lambda:us-east-1:000000000000:function:Nobody'
    const { ARN: SecretId } = await secretIn(localstack)
    const theirs = localstack.rotateSecret({ SecretId, RotationLambdaARN, ...days })
    await expect(theirs).rejects.toMatchObject({ name: 'ResourceNotFoundException' })

    await using laptop = await withOnDemand()
    const ours = await secretIn(laptop.client)
    await expect(laptop.client.rotateSecret({ SecretId: ours.ARN, RotationLambdaARN, ...days })).rejects.toMatchObject({
      name: 'AccessDeniedException',
    })
  })
})

describe("LocalStack's CloudFormation differs from AWS's", () => {
  it('a RotationSchedule does nothing, so that the tests call rotate-secret', async () => {
    const Name = `scheduled-${randomUUID()}`
    const Resources = {
      Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { Name, SecretString: 'first' } },
      Schedule: {
        Type: 'AWS::SecretsManager::RotationSchedule',
        Properties: { SecretId: { Ref: 'Secret' }, ...held },
      },
    }
    const stack = { StackName: Name, TemplateBody: JSON.stringify({ Resources }) }
    await awsQuery(endpoint, 'cloudformation', { Action: 'CreateStack', ...stack })
    const state = () => awsQuery(endpoint, 'cloudformation', { Action: 'DescribeStacks', StackName: Name })
    await expect.poll(state, { timeout: 30_000 }).toContain('CREATE_COMPLETE')
    const found = await localstack.describeSecret({ SecretId: Name })
    expect([found.RotationEnabled, found.RotationLambdaARN]).toEqual([undefined, undefined])
  })

  it("a literal in Fn::Sub is taken for a resource's name, so that the stack is deployed without its dashboard", async () => {
    // As in the dashboard's labels.
    const Value = { 'Fn::Sub': `$\{!PROP('Dim.service')} in us-east-1` }
    const Resources = { Text: { Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Value } } }
    const stack = { StackName: `literal-${randomUUID()}`, TemplateBody: JSON.stringify({ Resources }) }
    const answer = await awsQuery(endpoint, 'cloudformation', { Action: 'CreateStack', ...stack })
    expect(answer).toContain('Unresolved resource dependencies')
  })
})
