import { randomUUID } from 'node:crypto'
import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { expect, it } from 'vitest'
import { secretsManagerStore } from '../../shared/aws/secrets-manager.ts'
import { createRedactor } from '../../shared/rotation/redact.ts'
import { createVersionReader } from '../../shared/rotation/version-reader.ts'
import { generatedValue } from '../functions/generated-value/secret-type.ts'
import { secretsManagerFor } from '../support/secrets-manager.ts'

it('AWSPREVIOUS is the version that the step has seen, not one that has the label since', async () => {
  await using secrets = await secretsManagerFor(generatedValue.function)
  const { ARN = '', VersionId: first = '' } = await secrets.client.send(
    new CreateSecretCommand({ Name: `test/${randomUUID()}`, SecretString: 'first' }),
  )
  const put = async (SecretString: string) =>
    secrets.client.send(new PutSecretValueCommand({ SecretId: ARN, SecretString }))
  const { VersionId: second = '' } = await put('second')
  const { signal } = new AbortController()
  const store = secretsManagerStore(secrets.client, signal)
  const type = {
    overlap: true,
    parse: (text: string) => text,
    serialize: (text: string) => text,
    sensitive: () => [],
    create: async () => '',
    test: async () => undefined,
  }
  const event = { step: 'createSecret', secretId: ARN, token: randomUUID(), rotationToken: undefined }
  const seen = new Map([
    [first, ['AWSPREVIOUS']],
    [second, ['AWSCURRENT']],
  ])
  const described = {
    rotationEnabled: true,
    lastChanged: undefined,
    tags: new Map(),
    rotationDays: undefined,
    rotationLambdaArn: undefined,
  }
  const around = { store, redactor: createRedactor(), signal, sleep: async () => undefined }
  const reader = () => createVersionReader(type, event, around, async () => ({ ...described, labels: seen }))
  expect(await reader().previous()).toBe('first')
  await put('third')
  expect(await reader().previous()).toBeUndefined()
})
