import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Fault, Intercept } from '../../local/secrets-manager/service/calls.ts'
import { type LocalSecretsManager, startLocalSecretsManager } from '../../local/secrets-manager/start.ts'
import { clientFor } from './support.ts'

let local: LocalSecretsManager
let client: ReturnType<typeof clientFor>
let fault: Fault | undefined
const intercept: Intercept = ({ operation, sequence }) => {
  return operation === 'PutSecretValue' && sequence % 2 === 1 ? fault : undefined
}

beforeAll(async () => {
  local = await startLocalSecretsManager({ functions: {}, intercept })
  client = clientFor(local)
})
afterAll(() => local.close())
afterEach(() => {
  fault = undefined
})

async function post(operation: string, body: unknown, headers: Record<string, string> = {}) {
  const target = { 'x-amz-target': `secretsmanager.${operation}` }
  const content = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(local.endpoint, { method: 'POST', body: content, headers: { ...target, ...headers } })
  return { response, answer: (await response.json()) as { __type: string; Message: string; Name?: string } }
}

describe('the wire', () => {
  test('an unsigned request is answered with JSON, its content type and a request id', async () => {
    const Name = randomUUID()
    const { response, answer } = await post('CreateSecret', { Name, ClientRequestToken: randomUUID(), More: 1 })
    expect(response.status).toBe(200)
    expect(answer.Name).toBe(Name)
    expect(response.headers.get('content-type')).toBe('application/x-amz-json-1.1')
    expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/)
  })

  test.each([
    ['CreateSecret', 'InvalidRequestException'],
    ['PutSecretValue', 'InvalidRequestException'],
    ['UpdateSecret', 'InvalidRequestException'],
    ['RotateSecret', 'InvalidParameterException'],
  ])('%s without a ClientRequestToken is an %s', async (operation, type) => {
    const { response, answer } = await post(operation, { Name: 'x', SecretId: 'x', SecretString: 'x' })
    expect(response.status).toBe(400)
    const message = 'You must provide a ClientRequestToken value. We recommend a UUID-type value.'
    // What AWS sends, to the letter (recorded by the tests of LocalStack), and in no header.
    expect(answer).toEqual({ __type: type, Message: message })
    expect(response.headers.get('x-amzn-errortype')).toBeNull()
  })

  test('a ClientRequestToken has 32 to 64 characters', async () => {
    for (const ClientRequestToken of ['x'.repeat(31), 'x'.repeat(65)]) {
      const { answer } = await post('CreateSecret', { Name: 'x', ClientRequestToken })
      expect(answer).toMatchObject({ __type: 'ValidationException', Message: expect.stringContaining('length') })
    }
    expect((await post('CreateSecret', { Name: 'token', ClientRequestToken: 'x'.repeat(32) })).response.ok).toBe(true)
  })

  test.each([
    ['not JSON', 'GetSecretValue', '{', 'SerializationException'],
    ['a list', 'GetSecretValue', [], 'SerializationException'],
    ['null', 'GetSecretValue', null, 'SerializationException'],
    ['nothing', 'GetSecretValue', '', 'ValidationException'],
    ['a number for a text', 'GetSecretValue', { SecretId: 7 }, 'SerializationException'],
    ['an object for a text', 'PutSecretValue', { SecretId: 'x', SecretString: {} }, 'SerializationException'],
    ['a text for a list', 'TagResource', { SecretId: 'x', Tags: 'x' }, 'SerializationException'],
    ['a text in a list of objects', 'TagResource', { SecretId: 'x', Tags: ['x'] }, 'SerializationException'],
    ['a text for a number', 'ListSecrets', { MaxResults: '3' }, 'SerializationException'],
    ['a fraction for a whole number', 'ListSecrets', { MaxResults: 1.5 }, 'SerializationException'],
    [
      'a text for a flag',
      'DeleteSecret',
      { SecretId: 'x', ForceDeleteWithoutRecovery: 'yes' },
      'SerializationException',
    ],
    ['an unknown constant', 'ListSecrets', { SortOrder: 'up' }, 'ValidationException'],
    ['an empty name', 'CreateSecret', { Name: '', ClientRequestToken: randomUUID() }, 'ValidationException'],
    ['an inherited member', 'GetSecretValue', '{"__proto__":{"SecretId":"x"}}', 'ValidationException'],
    ['an unknown operation', 'StealSecret', {}, 'UnknownOperationException'],
  ])('%s is a clear error with status 400', async (_, operation, body, type) => {
    const { response, answer } = await post(operation, body)
    expect(response.status).toBe(400)
    expect(answer.__type).toBe(type)
    expect(answer.Message).toMatch(/\w/)
  })

  test('a request of many megabytes is refused', async () => {
    const { response, answer } = await post('PutSecretValue', 'x'.repeat(3_000_000))
    expect(response.status).toBe(400)
    expect(answer.__type).toBe('SerializationException')
  })

  test('an error never quotes a value', async () => {
    const SecretBinary = 'not*base64*but*secret'
    const { answer } = await post('PutSecretValue', { SecretId: 'x', ClientRequestToken: randomUUID(), SecretBinary })
    expect(answer.__type).toBe('ValidationException')
    expect(answer.Message).not.toContain('secret*')
    expect(answer.Message).not.toContain('*secret')
  })
})

describe('the record of calls', () => {
  test('has operation, caller, secret, times and outcome of every call, and nothing else', async () => {
    const Name = randomUUID()
    const credentials = { accessKeyId: 'SomeFunction', secretAccessKey: 'x' }
    const other = clientFor(local, { credentials })
    const before = Date.now()
    await other.createSecret({ Name, SecretString: 'hunter2', Description: 'hunter2' })
    await expect(other.getSecretValue({ SecretId: Name, VersionStage: 'NONE' })).rejects.toThrow()
    const records = local.calls.by('SomeFunction')
    expect(records).toMatchObject([
      { operation: 'CreateSecret', secretId: Name, outcome: 'ok', sequence: 1 },
      { operation: 'GetSecretValue', secretId: Name, outcome: 'ResourceNotFoundException', sequence: 2 },
    ])
    const [first] = records
    expect(first?.startedAt).toBeGreaterThanOrEqual(before)
    expect(first?.endedAt).toBeGreaterThan(first?.startedAt ?? 0)
    expect(JSON.stringify(local.calls.list())).not.toContain('hunter2')
  })

  test('an unsigned call is anonymous', async () => {
    await post('ListSecrets', {})
    expect(local.calls.by('anonymous').at(-1)).toMatchObject({ operation: 'ListSecrets', outcome: 'ok' })
  })
})

describe('faults', () => {
  async function putTwice(put: Fault) {
    const { Name: SecretId } = await client.createSecret({ Name: randomUUID(), SecretString: 'one' })
    const patient = clientFor(local, {
      maxAttempts: 2,
      credentials: { accessKeyId: randomUUID(), secretAccessKey: 'x' },
    })
    fault = put
    const input = { SecretId, SecretString: 'two', ClientRequestToken: randomUUID() }
    const { $metadata } = await patient.putSecretValue(input)
    const { SecretString } = await client.getSecretValue({ SecretId })
    return { attempts: $metadata.attempts, value: SecretString }
  }

  test('a throttled call was not carried out, and the SDK repeats it', async () => {
    expect(await putTwice({ throttle: true })).toEqual({ attempts: 2, value: 'two' })
  })

  test('a connection can be cut before the call is carried out, or after that', async () => {
    expect(await putTwice({ hangUp: 'before' })).toEqual({ attempts: 2, value: 'two' })
    expect(await putTwice({ hangUp: 'after' })).toEqual({ attempts: 2, value: 'two' })
    expect(local.calls.list().filter(({ outcome }) => outcome === 'hung up')).toHaveLength(2)
  })

  test('any error can be injected', async () => {
    const error = { type: 'InternalServiceError', status: 500 }
    expect(await putTwice({ error })).toEqual({ attempts: 2, value: 'two' })
  })

  test('latency is added to every call', async () => {
    await using slow = await startLocalSecretsManager({ functions: {}, latencyMs: 60 })
    const began = performance.now()
    await clientFor(slow).listSecrets({})
    expect(performance.now() - began).toBeGreaterThanOrEqual(59)
  })

  test('a visibility lag lets reads see versions and labels later than they were written', async () => {
    await using lagging = await startLocalSecretsManager({ functions: {}, visibilityLagMs: 300 })
    const late = clientFor(lagging)
    const { Name: SecretId } = await late.createSecret({ Name: 'late', SecretString: 'one' })
    await expect(late.getSecretValue({ SecretId })).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    await expect
      .poll(async () => (await late.listSecretVersionIds({ SecretId })).Versions, { timeout: 10_000 })
      .toHaveLength(1)
    const ClientRequestToken = randomUUID()
    const put = { SecretId, ClientRequestToken, VersionStages: ['AWSPENDING'] }
    await late.putSecretValue({ ...put, SecretString: 'two' })
    const read = () => late.getSecretValue({ SecretId, VersionStage: 'AWSPENDING' })
    await expect(read()).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    const other = late.putSecretValue({ ...put, SecretString: 'three' })
    await expect(other).rejects.toMatchObject({ name: 'ResourceExistsException' })
    await expect.poll(async () => (await read()).SecretString, { timeout: 10_000 }).toBe('two')
  })
})
