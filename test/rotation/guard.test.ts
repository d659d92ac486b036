import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../shared/errors/catalogue.ts'
import { generatedValue } from '../functions/generated-value/secret-type.ts'
import { errorOf } from '../support/outcome.ts'
import { fourSteps, type SecretsManager, secretsManagerFor } from '../support/secrets-manager.ts'

const text = { type: 'string' } as const
const ofStage = { 'secret-id': text, 'version-stage': text, 'move-to-version-id': text, 'remove-from-version-id': text }

describe('the guard', () => {
  let secrets: SecretsManager
  beforeAll(async () => {
    secrets = await secretsManagerFor(generatedValue.function)
  })
  afterAll(() => secrets[Symbol.asyncDispose]())

  async function begun() {
    const secretId = await secrets.store('{"password":"to begin with"}')
    return secrets.begin(secretId)
  }
  async function refused(event: Record<string, unknown>, code: ErrorCode): Promise<string> {
    const { errorType, errorMessage } = errorOf(await secrets.invoke(event))
    expect(errorType, errorMessage).toBe(code)
    return errorMessage
  }
  const eventOf = ({ secretId, token }: { secretId: string; token: string }, Step: string = 'createSecret') => ({
    Step,
    SecretId: secretId,
    ClientRequestToken: token,
  })

  it('refuses a secret whose rotation was cancelled, first of all, in the words of AWS', async () => {
    const rotation = await begun()
    await secrets.client.send(new CancelRotateSecretCommand({ SecretId: rotation.secretId }))
    for (const event of [
      eventOf(rotation),
      eventOf({ ...rotation, token: randomUUID() }),
      eventOf(rotation, 'nonsense'),
    ]) {
      expect(await refused(event, 'RotationNotEnabled')).toContain(
        `Secret ${rotation.secretId} is not enabled for rotation.`,
      )
    }
  })

  it.each([
    ['AWSPENDING', 'takes AWSPENDING off'],
    ['AWSCURRENT', 'moves AWSCURRENT to what is pending'],
  ])('says how a cancelled rotation ends, for %s: the command %s, and the secret rotates again', async (stage) => {
    const rotation = await begun()
    await rotation.run('createSecret')
    const { secretId: SecretId } = rotation
    const { client } = secrets
    await client.send(new CancelRotateSecretCommand({ SecretId }))
    await expect(secrets.rotate(SecretId)).rejects.toThrow('previous rotation')
    const said = await refused(eventOf(rotation), 'RotationNotEnabled')
    const commands = [...said.matchAll(/"aws secretsmanager update-secret-version-stage ([^"]+)"/g)]
    const given = commands.map(([, options = '']) => parseArgs({ args: options.split(' '), options: ofStage }).values)
    const [pasted, ...others] = given.filter((each) => each['version-stage'] === stage)
    expect([given.length, others, pasted?.['secret-id']]).toEqual([2, [], SecretId])
    const MoveToVersionId = pasted?.['move-to-version-id']
    const RemoveFromVersionId = pasted?.['remove-from-version-id']
    const command = { SecretId, VersionStage: stage, MoveToVersionId, RemoveFromVersionId }
    await client.send(new UpdateSecretVersionStageCommand(command))
    await secrets.rotate(SecretId)
  })

  it('refuses a version that the secret does not have, and says which one is pending', async () => {
    const rotation = await begun()
    const token = randomUUID()
    const refuse = (Step: string) => refused(eventOf({ ...rotation, token }, Step), 'UnknownVersion')
    for (const message of await Promise.all(['createSecret', 'nonsense'].map(refuse))) {
      const sentence = `Secret version ${token} has no stage for rotation of secret ${rotation.secretId}.`
      expect(message).toContain(`${sentence} Version ${rotation.token} is pending now.`)
    }
  })

  it('refuses a version that is not AWSPENDING any more', async () => {
    const rotation = await begun()
    const [previous] = Object.keys(await secrets.labels(rotation.secretId)).filter((id) => id !== rotation.token)
    await rotation.run(...fourSteps)
    const refuse = (Step: string) => refused(eventOf({ ...rotation, token: previous ?? '' }, Step), 'NotPending')
    for (const message of await Promise.all(['createSecret', 'nonsense'].map(refuse))) {
      const sentence = `Secret version ${previous} not set as AWSPENDING for rotation of secret ${rotation.secretId}.`
      expect(message).toContain(sentence)
    }
  })

  it('does nothing, and succeeds, where the version is AWSCURRENT already, in every step', async () => {
    const rotation = await begun()
    await rotation.run(...fourSteps)
    const value = await secrets.value(rotation.secretId, 'AWSCURRENT')
    for (const Step of [...fourSteps, 'nonsense']) {
      expect(await secrets.invoke(eventOf(rotation, Step))).toMatchObject({ ok: true })
    }
    expect(await secrets.value(rotation.secretId, 'AWSCURRENT')).toBe(value)
  })

  it('shows both spellings of a step in snake_case, and runs nothing', async () => {
    const rotation = await begun()
    for (const [wrong, right] of [
      ['create_secret', 'createSecret'],
      ['SetSecret', 'setSecret'],
      ['TEST-SECRET', 'testSecret'],
      ['finish secret', 'finishSecret'],
    ] as const) {
      const message = await refused(eventOf(rotation, wrong), 'InvalidStep')
      expect(message).toContain(`Invalid step parameter ${wrong} for secret ${rotation.secretId}.`)
      expect(message).toContain(`"${wrong}" is spelt "${right}".`)
    }
    for (const step of ['deleteSecret', 'constructor', 'toString', '__proto__']) {
      expect(await refused(eventOf(rotation, step), 'InvalidStep')).not.toContain('is spelt')
    }
    expect(await secrets.value(rotation.secretId, 'AWSPENDING')).toBeUndefined()
  })

  it('refuses an invalid event, through the handler too, and does not log what is in it', async () => {
    const RotationToken = `secret-${randomUUID()}-with-a-mark-that-is-not-allowed!`
    const rotation = await begun()
    await refused({ ...eventOf(rotation), RotationToken }, 'InvalidEvent')
    await refused({}, 'InvalidEvent')
    await refused([] as unknown as Record<string, unknown>, 'InvalidEvent')
    expect(secrets.output()).not.toContain(RotationToken)
    // A valid RotationToken is a secret in any other place, too.
    const token = randomUUID()
    await refused({ ...eventOf(rotation, token), RotationToken: token }, 'InvalidStep')
    expect(secrets.output()).not.toContain(token)
  })

  it('lets a secret pass whose rotation was never configured, as emulators call it', async () => {
    const Name = `test/${randomUUID()}`
    await secrets.client.send(new CreateSecretCommand({ Name, SecretString: '{"password":"to begin with"}' }))
    const token = randomUUID()
    const pending = { ClientRequestToken: token, SecretString: '{"password":"by another hand"}' }
    await secrets.client.send(new PutSecretValueCommand({ SecretId: Name, VersionStages: ['AWSPENDING'], ...pending }))
    // The name, and not the ARN, is what emulators send.
    for (const Step of fourSteps)
      expect(await secrets.invoke(eventOf({ secretId: Name, token }, Step))).toMatchObject({ ok: true })
    expect(await secrets.value(Name, 'AWSCURRENT')).toBe(pending.SecretString)
  })

  it('testSecret without a pending value is VersionMissing', async () => {
    const rotation = await begun()
    expect(await refused(eventOf(rotation, 'testSecret'), 'VersionMissing')).toContain(rotation.token)
  })

  it('a secret that is not there, or scheduled for deletion, is SecretNotFound', async () => {
    const { secretId } = await begun()
    await secrets.client.send(new DeleteSecretCommand({ SecretId: secretId }))
    const token = randomUUID()
    const nowhere = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:nowhere-AbCdEf'
    expect(await refused(eventOf({ secretId: nowhere, token }), 'SecretNotFound')).toContain(nowhere)
  })

  it('a binary value is InvalidSecret', async () => {
    const Name = `test/${randomUUID()}`
    const { ARN = '' } = await secrets.client.send(
      new CreateSecretCommand({ Name, SecretBinary: new Uint8Array([1, 2, 3]) }),
    )
    const rotation = await secrets.begin(ARN)
    expect(await refused(eventOf(rotation), 'InvalidSecret')).toContain('is binary')
  })
})
