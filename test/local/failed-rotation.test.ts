import type { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { describe, expect, test } from 'vitest'
import { countingSteps as counting, labels, newSecret, rotate, withFunction, withOnDemand } from './support.ts'

const inProgress = { name: 'InvalidRequestException', message: /^A previous rotation isn.t complete/ }

interface ByHand {
  readonly SecretId: string
  readonly SecretString: string
}

describe('retries', () => {
  test('stop at the failing step, and repeat the whole rotation with the same version after each delay', async () => {
    const { steps, tokens, onStep } = counting()
    await using stage = await withOnDemand({ retryDelaysMs: [60_000, 120_000], onStep })
    const SecretId = await newSecret(stage, 'fail setSecret')
    const id = await rotate(stage, SecretId)
    expect(steps).toEqual(['createSecret', 'setSecret'])
    const pending = await stage.client.getSecretValue({ SecretId, VersionStage: 'AWSPENDING' })
    await stage.local.clock.advance(59_000)
    expect(steps).toHaveLength(2)
    await stage.local.clock.advance(2_000)
    expect(steps).toHaveLength(4)
    await stage.local.clock.advance(10 * 60_000)
    expect(steps).toHaveLength(6)
    await stage.local.clock.advance(24 * 60 * 60_000)
    expect(steps).toHaveLength(6)
    expect([...tokens]).toEqual([id])
    const after = await stage.client.getSecretValue({ SecretId, VersionStage: 'AWSPENDING' })
    expect(after).toMatchObject({ VersionId: id, SecretString: pending.SecretString })
    const failures = stage.local.events.list().filter(({ detail }) => detail.eventName === 'RotationFailed')
    expect(failures).toHaveLength(3)
    expect(failures[0]).toMatchObject({
      'detail-type': 'AWS Service Event via CloudTrail',
      source: 'aws.secretsmanager',
      resources: [],
      detail: {
        eventType: 'AwsServiceEvent',
        eventSource: 'secretsmanager.amazonaws.com',
        requestParameters: null,
        requestID: `Rotation-${SecretId}-${id}`,
        additionalEventData: { SecretId },
        errorMessage: `Error when executing lambda ${stage.lambda} during setSecret step`,
      },
    })
  })

  test('end with success as soon as the function recovers', async () => {
    await using stage = await withOnDemand({ retryDelaysMs: [1000, 1000] })
    const SecretId = await newSecret(stage, 'fail testSecret')
    const id = await rotate(stage, SecretId)
    await stage.client.updateSecret({ SecretId, Description: '' })
    await stage.local.clock.advance(1000)
    expect((await labels(stage, SecretId))[id]).toEqual(['AWSCURRENT'])
  })

  test('begin anew when RotateSecret takes up a stuck rotation', async () => {
    const { steps, onStep } = counting()
    await using stage = await withOnDemand({ retryDelaysMs: [1000], onStep })
    const SecretId = await newSecret(stage, 'fail createSecret')
    await rotate(stage, SecretId)
    await stage.local.clock.advance(5000)
    expect(steps).toHaveLength(2)
    await expect(stage.client.rotateSecret({ SecretId })).rejects.toThrow(inProgress.message)
    await stage.local.settled()
    await stage.local.clock.advance(5000)
    expect(steps).toHaveLength(4)
  })

  test('happen by themselves when the time has come', async () => {
    await using stage = await withOnDemand({ retryDelaysMs: [20] })
    const SecretId = await newSecret(stage, 'fail testSecret')
    await rotate(stage, SecretId)
    const names = () => stage.local.events.names(SecretId)
    await expect
      .poll(names, { timeout: 10_000 })
      .toEqual(['RotationStarted', 'RotationFailed', 'RotationStarted', 'RotationFailed'])
  })
})

describe('a stuck rotation', () => {
  test('is attempted again by RotateSecret, which says so in AWS’s words', async () => {
    const { tokens, onStep } = counting()
    await using stage = await withOnDemand({ onStep })
    const SecretId = await newSecret(stage, 'fail setSecret')
    const id = await rotate(stage, SecretId)
    await expect(stage.client.rotateSecret({ SecretId })).rejects.toThrow(inProgress.message)
    await stage.local.settled()
    expect((await labels(stage, SecretId))[id]).toEqual(['AWSPENDING'])
    await stage.client.updateSecret({ SecretId, Description: '' })
    await expect(stage.client.rotateSecret({ SecretId })).rejects.toMatchObject({ name: inProgress.name })
    await stage.local.settled()
    expect((await labels(stage, SecretId))[id]).toEqual(['AWSCURRENT'])
    expect([...tokens]).toEqual([id])
  })

  test('is cleared by removing AWSPENDING; the next rotation then makes a version of its own', async () => {
    await using stage = await withOnDemand()
    const SecretId = await newSecret(stage, 'fail setSecret')
    const id = await rotate(stage, SecretId)
    const remove = { VersionStage: 'AWSPENDING', RemoveFromVersionId: id }
    await stage.client.updateSecretVersionStage({ SecretId, ...remove })
    await stage.client.updateSecret({ SecretId, Description: '' })
    const next = await rotate(stage, SecretId)
    expect(next).not.toBe(id)
    expect((await labels(stage, SecretId))[next]).toEqual(['AWSCURRENT'])
  })

  test('keeps both labels when somebody moves AWSCURRENT to its version by hand, and is over', async () => {
    await using stage = await withOnDemand()
    const SecretId = await newSecret(stage, 'fail testSecret')
    const { VersionId: old } = await stage.client.getSecretValue({ SecretId })
    const id = await rotate(stage, SecretId)
    const move = { VersionStage: 'AWSCURRENT', MoveToVersionId: id, RemoveFromVersionId: old }
    await stage.client.updateSecretVersionStage({ SecretId, ...move })
    expect((await labels(stage, SecretId))[id]).toEqual(['AWSCURRENT', 'AWSPENDING'])
    await stage.client.updateSecret({ SecretId, Description: '' })
    const next = await rotate(stage, SecretId)
    expect((await labels(stage, SecretId))[next]).toEqual(['AWSCURRENT'])
  })

  test('is taken up where its AWSPENDING was put by hand', async () => {
    const { tokens, onStep } = counting()
    await using stage = await withOnDemand({ onStep })
    const SecretId = await newSecret(stage)
    await rotate(stage, SecretId)
    const put = { SecretString: 'mine', VersionStages: ['AWSPENDING'] }
    const { VersionId: mine = '' } = await stage.client.putSecretValue({ SecretId, ...put })
    await expect(stage.client.rotateSecret({ SecretId })).rejects.toThrow(inProgress.message)
    await stage.local.settled()
    expect((await labels(stage, SecretId))[mine]).toEqual(['AWSCURRENT'])
    expect([...tokens].at(-1)).toBe(mine)
  })

  test('gives way to the version that a late PutSecretValue has given AWSPENDING to', async () => {
    await using stage = await withOnDemand()
    const SecretId = await newSecret(stage, 'fail setSecret')
    const id = await rotate(stage, SecretId)
    const late = { SecretString: 'late', VersionStages: ['AWSPENDING'] }
    const { VersionId: other = '' } = await stage.client.putSecretValue({ SecretId, ...late })
    await stage.client.updateSecret({ SecretId, Description: '' })
    await expect(stage.client.rotateSecret({ SecretId })).rejects.toThrow(inProgress.message)
    await stage.local.settled()
    const held = await labels(stage, SecretId)
    expect([held[other], held[id]]).toEqual([['AWSCURRENT'], undefined])
  })

  test('is in the way of a rotation also where AWSPENDING was put by hand', async () => {
    await using stage = await withOnDemand()
    const SecretId = await newSecret(stage)
    await stage.client.putSecretValue({ SecretId, SecretString: 'mine', VersionStages: ['AWSPENDING'] })
    const rotation = stage.client.rotateSecret({ SecretId, RotationLambdaARN: stage.lambda })
    await expect(rotation).rejects.toMatchObject({ name: inProgress.name })
  })
})

describe('a rotation in flight', () => {
  test.each([
    ['PutSecretValue', (client: SecretsManager, input: ByHand) => client.putSecretValue(input)],
    ['UpdateSecret', (client: SecretsManager, input: ByHand) => client.updateSecret(input)],
  ])('is abandoned when %s takes AWSCURRENT', async (_, store) => {
    const { steps, onStep } = counting()
    await using stage = await withOnDemand({ retryDelaysMs: [1000], onStep })
    const SecretId = await newSecret(stage, 'fail setSecret')
    const id = await rotate(stage, SecretId)
    const { VersionId } = await store(stage.client, { SecretId, SecretString: 'by hand' })
    await stage.local.clock.advance(60_000)
    expect(steps).toHaveLength(2)
    expect(stage.local.events.names(SecretId)).toEqual(['RotationStarted', 'RotationFailed', 'RotationAbandoned'])
    expect(await labels(stage, SecretId)).toMatchObject({ [String(VersionId)]: ['AWSCURRENT'] })
    expect((await labels(stage, SecretId))[id]).toBeUndefined()
    await stage.client.updateSecret({ SecretId, Description: '' })
    const next = await rotate(stage, SecretId)
    expect((await labels(stage, SecretId))[next]).toEqual(['AWSCURRENT'])
  })

  test('that is abandoned in the middle of a step does not go on', async () => {
    const { steps, onStep } = counting()
    const { promise: blocked, resolve: release } = Promise.withResolvers<undefined>()
    const { promise: reached, resolve: arrive } = Promise.withResolvers<void>()
    await using stage = await withOnDemand({
      onStep,
      intercept({ caller, operation }) {
        if (caller !== 'OnDemand' || operation !== 'PutSecretValue') return undefined
        arrive()
        return blocked
      },
    })
    const SecretId = await newSecret(stage)
    await stage.client.rotateSecret({ SecretId, RotationLambdaARN: stage.lambda })
    await reached
    await stage.client.putSecretValue({ SecretId, SecretString: 'by hand' })
    release(undefined)
    await stage.local.settled()
    expect(steps).toEqual(['createSecret'])
    expect(stage.local.events.names(SecretId)).toEqual(['RotationStarted', 'RotationAbandoned'])
    expect((await stage.client.getSecretValue({ SecretId })).SecretString).toBe('by hand')
  })

  test('that is cancelled in the middle of a step does not go on, even if the step succeeds', async () => {
    const seen: (string | undefined)[] = []
    await using stage = await withFunction(async ({ Step, SecretId }, { client }) => {
      seen.push(Step)
      await client.cancelRotateSecret({ SecretId })
    })
    await rotate(stage, await newSecret(stage))
    expect(seen).toEqual(['createSecret'])
  })

  test('is cancelled by CancelRotateSecret, which leaves labels, function and rules', async () => {
    const { steps, onStep } = counting()
    await using stage = await withOnDemand({ retryDelaysMs: [1000], onStep })
    const SecretId = await newSecret(stage, 'fail setSecret')
    const RotationRules = { AutomaticallyAfterDays: 5 }
    const id = await rotate(stage, SecretId, { RotationRules })
    expect((await stage.client.cancelRotateSecret({ SecretId })).VersionId).toBe(id)
    await stage.local.clock.advance(100 * 24 * 60 * 60_000)
    expect(steps).toHaveLength(2)
    const found = await stage.client.describeSecret({ SecretId })
    expect(found).toMatchObject({ RotationEnabled: false, RotationLambdaARN: stage.lambda, RotationRules })
    expect(found).not.toHaveProperty('NextRotationDate')
    expect((await labels(stage, SecretId))[id]).toEqual(['AWSPENDING'])
  })
})
