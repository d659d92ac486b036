import { randomUUID } from 'node:crypto'
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import type { Call, Fault } from '../../local/secrets-manager/service/calls.ts'
import { selfSignedCertificate } from '../../local/servers/certificate.ts'
import type { ErrorCode } from '../../shared/errors/catalogue.ts'
import { generatedValue } from '../functions/generated-value/secret-type.ts'
import { findLeak } from '../support/leaks.ts'
import { codeOf, saidBy } from '../support/outcome.ts'
import { fourSteps, type SecretsManager, secretsManagerFor } from '../support/secrets-manager.ts'
import { serverFiles } from '../support/server-files.ts'
import { wireProxy } from '../support/wire-proxy.ts'

const functionUnderTest = generatedValue.function
const before = '{"password":"to begin with"}'

/** A Secrets Manager that spoils calls of the function; the calls of the test itself go through. */
function spoiled(spoil: (call: Call) => Fault | undefined | Promise<Fault | undefined>, env = {}) {
  const about = { ...functionUnderTest, env }
  const intercept = (call: Call) => (call.caller === about.id ? spoil(call) : undefined)
  return secretsManagerFor(about, { intercept })
}

/** Spoils the first call of each operation. */
function onceEach(fault: Fault): (call: Call) => Fault | undefined {
  const seen = new Set<string>()
  return ({ operation }) => {
    if (seen.has(operation)) return undefined
    seen.add(operation)
    return fault
  }
}

/** The service takes AWSPENDING off when the function has ended; here it still waits for it. */
const promoted = ['AWSCURRENT', 'AWSPENDING']

async function begun(secrets: SecretsManager) {
  return secrets.begin(await secrets.store(before))
}

describe('Secrets Manager that does not do what it is asked', () => {
  for (const [what, fault] of [
    ['throttles', { throttle: true }],
    ['has a fault of its own', { error: { type: 'InternalServiceError', status: 500 } }],
    ['hangs up before it has done anything', { hangUp: 'before' }],
    ['hangs up after it has done it', { hangUp: 'after' }],
  ] as const) {
    it(`${what} once: the rotation goes through, with one new value`, async () => {
      await using secrets = await spoiled(onceEach(fault))
      const rotation = await begun(secrets)
      await rotation.run(...fourSteps)
      expect(await secrets.labels(rotation.secretId)).toMatchObject({ [rotation.token]: promoted })
      expect(Object.keys(await secrets.labels(rotation.secretId))).toHaveLength(2)
      expect(await secrets.value(rotation.secretId, 'AWSPREVIOUS')).toBe(before)
    })
  }

  const always: readonly (readonly [what: string, code: ErrorCode, fault: Fault])[] = [
    ['throttles', 'SecretsManagerFailed', { throttle: true }],
    ['denies access', 'AccessDenied', { error: { type: 'AccessDeniedException', message: 'User is not authorized' } }],
    [
      'may not use the key',
      'KmsAccessDenied',
      { error: { type: 'AccessDeniedException', message: 'Access to KMS is not allowed' } },
    ],
    ['cannot decrypt', 'KmsAccessDenied', { error: { type: 'DecryptionFailure' } }],
    ['finds the credentials expired', 'AccessDenied', { error: { type: 'ExpiredTokenException' } }],
    ['hangs up', 'SecretsManagerUnreachable', { hangUp: 'before' }],
  ]
  for (const [what, code, fault] of always) {
    it(`${what} always: ${code}, which names the call and the secret`, async () => {
      await using secrets = await spoiled(() => fault)
      const rotation = await begun(secrets)
      const outcome = await rotation.attempt('createSecret')
      expect(codeOf(outcome)).toBe(code)
      const call = `secretsmanager:DescribeSecret on ${rotation.secretId} failed`
      expect(saidBy(outcome)).toContain(call)
      expect(await secrets.value(rotation.secretId, 'AWSCURRENT')).toBe(before)
    })
  }

  it('denies storing: AccessDenied names PutSecretValue, and the new value is in no output', async () => {
    const denied = { error: { type: 'AccessDeniedException' } }
    await using secrets = await spoiled(({ operation }) => (operation === 'PutSecretValue' ? denied : undefined))
    const rotation = await begun(secrets)
    const outcome = await rotation.attempt('createSecret')
    expect(saidBy(outcome)).toContain('secretsmanager:PutSecretValue on ')
    expect(secrets.output()).not.toContain(rotation.rotationToken)
  })

  it('has an endpoint that is no URL: InvalidConfiguration, which names the variable', async () => {
    for (const SECRETS_MANAGER_ENDPOINT of ['secretsmanager.internal', 'ftp://secretsmanager.internal']) {
      await using secrets = await spoiled(() => undefined, { SECRETS_MANAGER_ENDPOINT })
      const outcome = await (await begun(secrets)).attempt('createSecret')
      expect(outcome).toMatchObject({ ok: false, error: { errorType: 'InvalidConfiguration' } })
      expect(saidBy(outcome)).toMatch(/^SECRETS_MANAGER_ENDPOINT must be a URL/)
    }
  })

  it('is nowhere: SecretsManagerUnreachable, with the network as the likely cause', async () => {
    const endpoint = 'http://127.0.0.1:1'
    const env = { SECRETS_MANAGER_ENDPOINT: endpoint, AWS_ENDPOINT_URL: endpoint }
    await using secrets = await spoiled(() => undefined, env)
    const outcome = await (await begun(secrets)).attempt('createSecret')
    expect(codeOf(outcome)).toBe('SecretsManagerUnreachable')
    expect(saidBy(outcome)).toContain('no route to Secrets Manager')
  })

  it('shows a write only after a while: every step waits for it', async () => {
    await using secrets = await secretsManagerFor(functionUnderTest, { visibilityLagMs: 700 })
    const secretId = await secrets.store(before)
    for (let seen: string | undefined; seen === undefined; ) seen = await secrets.value(secretId, 'AWSCURRENT')
    const rotation = await secrets.begin(secretId)
    await rotation.run(...fourSteps)
    for (let seen = before; seen === before; ) seen = (await secrets.value(secretId, 'AWSCURRENT')) ?? before
    expect(await secrets.value(secretId, 'AWSPREVIOUS')).toBe(before)
  })

  it('gets the value of another run a moment before ours: createSecret keeps that one', async () => {
    const other = '{"password":"of the other run"}'
    let rotation: Awaited<ReturnType<typeof begun>> | undefined
    await using secrets = await spoiled(async ({ operation }) => {
      if (operation === 'PutSecretValue' && rotation !== undefined) await secrets.storePending(rotation, other)
      return undefined
    })
    rotation = await begun(secrets)
    await rotation.run('createSecret')
    expect(await secrets.value(rotation.secretId, 'AWSPENDING')).toBe(other)
    await rotation.run('setSecret', 'testSecret', 'finishSecret')
    expect(await secrets.value(rotation.secretId, 'AWSCURRENT')).toBe(other)
  })

  it('has the label moved by another run a moment before ours: finishSecret succeeds', async () => {
    let otherRun: (() => Promise<void>) | undefined
    await using secrets = await spoiled(async ({ operation }) => {
      if (operation !== 'UpdateSecretVersionStage') return undefined
      const run = otherRun
      otherRun = undefined
      await run?.()
      return undefined
    })
    const rotation = await begun(secrets)
    await rotation.run('createSecret', 'setSecret', 'testSecret')
    otherRun = () => rotation.run('finishSecret')
    await rotation.run('finishSecret')
    expect(secrets.output()).toContain('found AWSCURRENT moved by another run')
    expect(await secrets.labels(rotation.secretId)).toMatchObject({ [rotation.token]: promoted })
  })

  it('has another value stored as AWSCURRENT a moment before ours: finishSecret does not bury it', async () => {
    const byHand = '{"password":"put by hand"}'
    let secretId = ''
    await using secrets = await spoiled(async ({ operation }) => {
      if (operation !== 'UpdateSecretVersionStage') return undefined
      const put = { SecretId: secretId, SecretString: byHand, ClientRequestToken: randomUUID() }
      await secrets.client.send(new PutSecretValueCommand(put))
      return undefined
    })
    const rotation = await begun(secrets)
    secretId = rotation.secretId
    await rotation.run('createSecret', 'setSecret', 'testSecret')
    const outcome = await rotation.attempt('finishSecret')
    expect(codeOf(outcome)).toBe('VersionConflict')
    expect(await secrets.value(secretId, 'AWSCURRENT')).toBe(byHand)
  })

  it('is sent no second value by a retried createSecret, which an emulator would store', async () => {
    await using secrets = await secretsManagerFor(functionUnderTest)
    const rotation = await begun(secrets)
    await rotation.run('createSecret', 'createSecret', 'createSecret')
    const calls = secrets.local.calls.by(functionUnderTest.id).map(({ operation }) => operation)
    expect(calls.filter((operation) => operation === 'PutSecretValue')).toHaveLength(1)
  })

  it('sends half an answer: no part of it is in any error or log', async () => {
    let cutAt = 0
    await using proxy = await wireProxy({ answer: (text) => (cutAt > 0 ? text.slice(0, cutAt) : text) })
    await using secrets = await secretsManagerFor({
      ...functionUnderTest,
      env: { SECRETS_MANAGER_ENDPOINT: proxy.url },
    })
    proxy.forwardTo(secrets.local.endpoint)
    const password = 'Pw-of-half-an-answer'
    const rotation = await secrets.begin(await secrets.store(`{"password":"${password}"}`))
    for (cutAt of [20, 120, 160, 200, 240, 280]) {
      const outcome = await rotation.attempt('createSecret')
      expect(outcome).toMatchObject({ ok: false, error: { errorType: 'SecretsManagerFailed' } })
    }
    expect(findLeak(secrets.output(), [password, rotation.rotationToken])).toBeUndefined()
    cutAt = 0
    await rotation.run(...fourSteps)
  })

  it('gets the RotationToken with the new value, which a function of another account needs', async () => {
    const bodies: unknown[] = []
    await using proxy = await wireProxy({
      request(operation, body) {
        if (operation === 'PutSecretValue') bodies.push(JSON.parse(body))
      },
    })
    await using secrets = await secretsManagerFor({
      ...functionUnderTest,
      env: { SECRETS_MANAGER_ENDPOINT: proxy.url },
    })
    proxy.forwardTo(secrets.local.endpoint)
    const rotation = await begun(secrets)
    await rotation.run('createSecret')
    const { token: ClientRequestToken, rotationToken: RotationToken } = rotation
    expect(bodies).toEqual([
      expect.objectContaining({ VersionStages: ['AWSPENDING'], ClientRequestToken, RotationToken }),
    ])
  })

  it.each([
    ['of an unknown authority', ['localhost'], false, {}, /add its authority with NODE_EXTRA_CA_CERTS/],
    [
      'of an unknown authority, where NODE_TLS_REJECT_UNAUTHORIZED is 0',
      ['localhost'],
      false,
      { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
      /add its authority with NODE_EXTRA_CA_CERTS/,
    ],
    ['for another name', ['other.internal'], true, {}, /names the endpoint by an alias/],
  ])('has a certificate %s: EndpointUntrusted, and nothing is sent', async (_, names, isKnown, env, says) => {
    const certificate = await selfSignedCertificate(names)
    await using files = await serverFiles({ ca: certificate.certificate })
    const seen: string[] = []
    await using proxy = await wireProxy({ tls: certificate, request: (operation) => seen.push(operation) })
    await using secrets = await secretsManagerFor({
      ...functionUnderTest,
      runIn: 'process',
      env: { ...env, SECRETS_MANAGER_ENDPOINT: proxy.url, ...(isKnown && { NODE_EXTRA_CA_CERTS: files.paths.ca }) },
    })
    proxy.forwardTo(secrets.local.endpoint)
    const rotation = await begun(secrets)
    const outcome = await rotation.attempt('createSecret')
    expect(outcome).toMatchObject({ ok: false, error: { errorType: 'EndpointUntrusted' } })
    expect(saidBy(outcome)).toMatch(says)
    expect(seen).toEqual([])
  })

  it('is reached where NODE_EXTRA_CA_CERTS names the authority of its certificate', async () => {
    const certificate = await selfSignedCertificate()
    await using files = await serverFiles({ ca: certificate.certificate })
    await using proxy = await wireProxy({ tls: certificate })
    await using secrets = await secretsManagerFor({
      ...functionUnderTest,
      runIn: 'process',
      env: { SECRETS_MANAGER_ENDPOINT: proxy.url, NODE_EXTRA_CA_CERTS: files.paths.ca },
    })
    proxy.forwardTo(secrets.local.endpoint)
    const rotation = await begun(secrets)
    await rotation.run(...fourSteps)
  })
})
