import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { startLocalSecretsManager } from '../../local/secrets-manager/start.ts'
import { clientFor, handlerPath, labels, newSecret, rotate, withFunction, withOnDemand } from './support.ts'

const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret']
const inProgress = {
  name: 'InvalidRequestException',
  message: 'A previous rotation isn’t complete. That rotation will be reattempted.',
}

describe('a rotation', () => {
  test('ends with the new version as AWSCURRENT, the old one as AWSPREVIOUS, and no AWSPENDING', async () => {
    await using stage = await withOnDemand()
    const SecretId = await newSecret(stage)
    const { VersionId: old = '' } = await stage.client.getSecretValue({ SecretId })
    const id = await rotate(stage, SecretId)
    expect(await labels(stage, SecretId)).toEqual({ [old]: ['AWSPREVIOUS'], [id]: ['AWSCURRENT'] })
    expect((await stage.client.getSecretValue({ SecretId })).SecretString).not.toBe('first')
    const found = await stage.client.describeSecret({ SecretId })
    expect(found).toMatchObject({ RotationEnabled: true, RotationLambdaARN: stage.lambda })
    expect(found.LastRotatedDate).toBeInstanceOf(Date)
    expect(stage.local.events.names(SecretId)).toEqual(['RotationStarted', 'RotationSucceeded'])
  })

  test('starts with an empty AWSPENDING version, and RotateSecret answers before the function has run', async () => {
    await using stage = await withOnDemand({ intercept: ({ caller }) => (caller === 'OnDemand' ? held : undefined) })
    const { promise: held, resolve: release } = Promise.withResolvers<undefined>()
    const SecretId = await newSecret(stage)
    const ClientRequestToken = randomUUID()
    const RotationLambdaARN = stage.lambda
    const answer = await stage.client.rotateSecret({ SecretId, RotationLambdaARN, ClientRequestToken })
    expect(answer).toMatchObject({ ARN: SecretId, VersionId: ClientRequestToken })
    expect((await labels(stage, SecretId))[ClientRequestToken]).toEqual(['AWSPENDING'])
    await expect(stage.client.getSecretValue({ SecretId, VersionStage: 'AWSPENDING' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret value for staging label: AWSPENDING",
    })
    await expect(stage.client.rotateSecret({ SecretId })).rejects.toMatchObject(inProgress)
    const again = await stage.client.rotateSecret({ SecretId, RotationLambdaARN, ClientRequestToken })
    expect(again.VersionId).toBe(ClientRequestToken)
    release(undefined)
    await stage.local.settled()
    expect((await labels(stage, SecretId))[ClientRequestToken]).toEqual(['AWSCURRENT'])
    expect(stage.local.events.names(SecretId)).toEqual(['RotationStarted', 'RotationSucceeded'])
  })

  test('invokes the four steps in order with the ARN, the token and one RotationToken, after it has answered', async () => {
    const events: Record<string, string>[] = []
    await using stage = await withFunction((event, { local }) => {
      events.push(event)
      expect(local.calls.list().map(({ operation }) => operation)).toContain('RotateSecret')
    })
    const SecretId = await newSecret(stage)
    const ClientRequestToken = await rotate(stage, SecretId)
    expect(events.map(({ Step }) => Step)).toEqual(steps)
    const RotationToken = events[0]?.RotationToken
    expect(RotationToken).toMatch(/^[a-zA-Z0-9-]{36,256}$/)
    for (const event of events) expect(event).toMatchObject({ SecretId, ClientRequestToken, RotationToken })
    expect(stage.local.events.names(SecretId)).toEqual(['RotationStarted', 'RotationFailed'])
  })

  test('has failed when finishSecret did not move AWSCURRENT', async () => {
    await using stage = await withOnDemand()
    const SecretId = await newSecret(stage, 'skip finishSecret')
    const id = await rotate(stage, SecretId)
    expect((await labels(stage, SecretId))[id]).toEqual(['AWSPENDING'])
    expect(stage.local.events.names(SecretId)).toEqual(['RotationStarted', 'RotationFailed'])
  })

  test('never makes an empty version AWSCURRENT', async () => {
    await using stage = await withOnDemand()
    const SecretId = await newSecret(stage, 'skip createSecret')
    const { VersionId: old = '' } = await stage.client.getSecretValue({ SecretId })
    const id = await rotate(stage, SecretId)
    const move = { VersionStage: 'AWSCURRENT', MoveToVersionId: id, RemoveFromVersionId: old }
    const moved = stage.client.updateSecretVersionStage({ SecretId, ...move })
    await expect(moved).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })

  test('is not begun again by the token of one that has succeeded, nor by that of another version', async () => {
    await using stage = await withOnDemand()
    const SecretId = await newSecret(stage)
    const { VersionId: first = '' } = await stage.client.getSecretValue({ SecretId })
    const ClientRequestToken = await rotate(stage, SecretId)
    expect(await rotate(stage, SecretId, { ClientRequestToken })).toBe(ClientRequestToken)
    expect(stage.local.events.names(SecretId)).toEqual(['RotationStarted', 'RotationSucceeded'])
    const used = { name: 'ResourceExistsException', message: expect.stringContaining(`ClientRequestToken ${first}`) }
    await expect(rotate(stage, SecretId, { ClientRequestToken: first })).rejects.toMatchObject(used)
  })

  test('can be repeated at once', async () => {
    await using stage = await withOnDemand()
    const SecretId = await newSecret(stage)
    const ids = [await rotate(stage, SecretId), await rotate(stage, SecretId), await rotate(stage, SecretId)]
    expect((await labels(stage, SecretId))[ids[2] ?? '']).toEqual(['AWSCURRENT'])
    expect(Object.keys(await labels(stage, SecretId))).toHaveLength(2)
  })

  test('is refused without a function, with an unknown one, and then nothing is stored', async () => {
    await using stage = await withOnDemand()
    const SecretId = await newSecret(stage)
    await expect(stage.client.rotateSecret({ SecretId })).rejects.toMatchObject({
      name: 'InvalidRequestException',
      message: 'No Lambda rotation function ARN is associated with this secret.',
    })
    const RotationLambdaARN = 'arn:aws:lambda:us-east-1:000000000000:function:Nobody'
    const RotationRules = { AutomaticallyAfterDays: 1 }
    const how = 'Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.'
    const here = 'Here is arn:aws:lambda:us-east-1:000000000000:function:NAME, NAME being one of: OnDemand.'
    await expect(stage.client.rotateSecret({ SecretId, RotationLambdaARN, RotationRules })).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `Secrets Manager cannot invoke the specified Lambda function. ${how} ${here}`,
    })
    const found = await stage.client.describeSecret({ SecretId })
    for (const field of ['RotationEnabled', 'RotationLambdaARN', 'RotationRules', 'NextRotationDate']) {
      expect(found).not.toHaveProperty(field)
    }
  })

  test('is reported step by step, with time, outcome and log lines', async () => {
    const seen: string[] = []
    await using stage = await withOnDemand({
      onStep: (step) => {
        const end = step.phase === 'ended' ? `${step.outcome} ${step.error?.errorType} ${step.logs.trim()}` : ''
        seen.push(`${step.functionId} ${step.step} ${step.phase} ${end}`.trim())
      },
    })
    await rotate(stage, await newSecret(stage, 'fail setSecret'))
    expect(seen).toEqual([
      'OnDemand createSecret started',
      'OnDemand createSecret ended succeeded undefined step createSecret',
      'OnDemand setSecret started',
      'OnDemand setSecret ended failed ToldToFail',
    ])
  })
})

test('a function that takes AWSPENDING off in finishSecret finds it there, and succeeds', async () => {
  const functions = { Other: handlerPath('removes-pending') }
  const said: string[] = []
  await using local = await startLocalSecretsManager({
    functions,
    retryDelaysMs: [],
    onLog: ({ text }) => void said.push(text.trim()),
  })
  const stage = { local, client: clientFor(local), lambda: local.functions.Other ?? '' }
  const SecretId = await newSecret(stage)
  const { VersionId: old = '' } = await stage.client.getSecretValue({ SecretId })
  const id = await rotate(stage, SecretId)
  expect(said).toContain('labels AWSCURRENT,AWSPENDING')
  expect(await labels(stage, SecretId)).toEqual({ [old]: ['AWSPREVIOUS'], [id]: ['AWSCURRENT'] })
  expect(local.events.names(SecretId)).toEqual(['RotationStarted', 'RotationSucceeded'])
  await rotate(stage, SecretId)
  expect(local.events.names(SecretId).at(-1)).toBe('RotationSucceeded')
})

test('a finishSecret that fails after it moved AWSCURRENT leaves nothing in the way of the next rotation', async () => {
  await using stage = await withOnDemand()
  const SecretId = await newSecret(stage, 'late finishSecret')
  const id = await rotate(stage, SecretId)
  expect(stage.local.events.names(SecretId)).toEqual(['RotationStarted', 'RotationFailed'])
  expect((await labels(stage, SecretId))[id]).toEqual(['AWSCURRENT'])
  await rotate(stage, SecretId)
})

describe('the RotationToken', () => {
  test('of another rotation, or of none, is refused by PutSecretValue', async () => {
    await using stage = await withOnDemand()
    const SecretId = await newSecret(stage)
    const put = () => stage.client.putSecretValue({ SecretId, SecretString: 'x', RotationToken: randomUUID() })
    await expect(put()).rejects.toMatchObject({ name: 'InvalidRequestException' })
    await stage.client.updateSecret({ SecretId, Description: 'fail setSecret' })
    await rotate(stage, SecretId)
    await expect(put()).rejects.toMatchObject({ name: 'InvalidRequestException' })
    expect((await stage.client.getSecretValue({ SecretId })).SecretString).toBe('first')
  })
})

describe('the placeholder', () => {
  test('takes one value, which can’t be overwritten then', async () => {
    await using stage = await withOnDemand()
    const SecretId = await newSecret(stage, 'fail createSecret')
    const ClientRequestToken = await rotate(stage, SecretId)
    const put = { SecretId, ClientRequestToken, VersionStages: ['AWSPENDING'] }
    await stage.client.putSecretValue({ ...put, SecretString: 'made' })
    await stage.client.putSecretValue({ ...put, SecretString: 'made' })
    const other = stage.client.putSecretValue({ ...put, SecretString: 'made again' })
    await expect(other).rejects.toMatchObject({ name: 'ResourceExistsException' })
  })
})

test('two functions are told apart in the record of calls', async () => {
  const four = handlerPath('four-steps')
  await using local = await startLocalSecretsManager({ functions: { One: four, Two: four }, retryDelaysMs: [] })
  const stage = { local, client: clientFor(local), lambda: local.functions.One ?? '' }
  await rotate(stage, await newSecret(stage))
  await rotate({ ...stage, lambda: local.functions.Two ?? '' }, await newSecret(stage))
  const expected = ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'DescribeSecret', 'DescribeSecret']
  for (const caller of ['One', 'Two']) {
    expect(local.calls.by(caller).map(({ operation }) => operation)).toEqual([
      ...expected,
      'GetSecretValue',
      'DescribeSecret',
      'UpdateSecretVersionStage',
    ])
  }
})
