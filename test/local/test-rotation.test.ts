import { expect, test } from 'vitest'
import { countingSteps as counting, labels, newSecret, rotate, withOnDemand } from './support.ts'

test('testSecret runs alone, on a pending version with the current value that is removed afterwards', async () => {
  const { steps, onStep } = counting()
  await using stage = await withOnDemand({ onStep })
  const SecretId = await newSecret(stage)
  const RotationRules = { AutomaticallyAfterDays: 5 }
  await rotate(stage, SecretId, { RotateImmediately: false, RotationRules })
  expect(steps).toEqual(['testSecret'])
  expect(stage.local.calls.by('OnDemand').at(-1)).toMatchObject({ operation: 'GetSecretValue', outcome: 'ok' })
  expect(Object.values(await labels(stage, SecretId))).toEqual([['AWSCURRENT']])
  const { Versions } = await stage.client.listSecretVersionIds({ SecretId, IncludeDeprecated: true })
  expect(Versions).toHaveLength(1)
  expect(stage.local.events.names(SecretId)).toEqual(['TestRotationStarted', 'TestRotationSucceeded'])
  const found = await stage.client.describeSecret({ SecretId })
  expect(found).toMatchObject({ RotationEnabled: true, NextRotationDate: expect.any(Date) })
  expect(found).not.toHaveProperty('LastRotatedDate')
})

test('a failing testSecret is reported and leaves nothing behind either', async () => {
  await using stage = await withOnDemand({ retryDelaysMs: [0] })
  const SecretId = await newSecret(stage, 'fail testSecret')
  await rotate(stage, SecretId, { RotateImmediately: false })
  expect(stage.local.events.names(SecretId)).toEqual(['TestRotationStarted', 'TestRotationFailed'])
  expect(Object.values(await labels(stage, SecretId))).toEqual([['AWSCURRENT']])
  await stage.client.updateSecret({ SecretId, Description: '' })
  await rotate(stage, SecretId)
})
