import { CancelRotateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { probed } from '../contract/probe-cases.ts'
import { generatedValue } from '../functions/generated-value/secret-type.ts'
import { findLeak } from '../support/leaks.ts'
import { type SecretsManager, secretsManagerFor } from '../support/secrets-manager.ts'

const { function: about } = generatedValue
let secrets: SecretsManager
beforeAll(async () => {
  secrets = await secretsManagerFor(about)
})
afterAll(() => secrets[Symbol.asyncDispose]())

async function rotated(value = '{"password":"hunter2-hunter2"}'): Promise<string> {
  const secretId = await secrets.store(value)
  await secrets.rotate(secretId)
  return secretId
}

/** The log line of the last invocation. */
const lastLine = () =>
  JSON.parse(
    secrets
      .output()
      .trim()
      .split('\n')
      .findLast((line) => line.startsWith('{"level"')) ?? '',
  )

describe('a probe', () => {
  it('looks at the three labels, reads and describes alone, and logs no failure', async () => {
    const secretId = await rotated()
    secrets.local.calls.clear()
    const { findings } = await probed(secrets, secretId)
    expect(findings.map(({ labels, verdict }) => [...(labels ?? []), verdict])).toEqual([
      ['AWSCURRENT', 'works'],
      ['AWSPREVIOUS', 'untried'],
    ])
    const made = secrets.local.calls.by(about.id).map(({ operation }) => operation)
    expect(made.sort()).toEqual(['DescribeSecret', 'GetSecretValue', 'GetSecretValue'])
    expect(lastLine()).toMatchObject({ level: 'INFO', message: 'probed', secret: secretId })
    expect(lastLine().findings).toHaveLength(2)
  })

  it('answers with rotation off, and of a pending version that has no value', async () => {
    const secretId = await rotated()
    const { token } = await secrets.begin(secretId)
    await secrets.client.send(new CancelRotateSecretCommand({ SecretId: secretId }))
    const { rotationEnabled, findings } = await probed(secrets, secretId)
    expect(rotationEnabled).toBe(false)
    expect(findings[1]).toMatchObject({ version: token, labels: ['AWSPENDING'], verdict: 'untried' })
    expect(findings[1]?.says).toContain('createSecret has stored none')
  })

  it('looks at versions without a label whose ids it is given, and says of unknown ones that they have no value', async () => {
    const secretId = await rotated()
    const old = Object.keys(await secrets.labels(secretId))
    await secrets.rotate(secretId)
    await secrets.rotate(secretId)
    const unknown = 'x'.repeat(36)
    const { findings } = await probed(secrets, secretId, { VersionIds: [...old, unknown] })
    expect(findings.slice(2).map(({ labels, verdict }) => [labels, verdict])).toEqual([
      [[], 'untried'],
      [[], 'untried'],
      [[], 'untried'],
    ])
    expect(findings[2]?.says).toMatch(/^It can be read/)
    expect(findings[4]?.says).toMatch(/^The version has no value/)
  })

  it('names what is wrong with a version, with code, cause and remedy, and not its value', async () => {
    const secretId = await rotated()
    const SecretString = '{"password": 41414141, "other":"hunter3-hunter3"}'
    await secrets.client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString }))
    const answer = await probed(secrets, secretId)
    expect(answer.findings[0]).toEqual({
      about: 'version',
      version: expect.any(String),
      labels: ['AWSCURRENT'],
      verdict: 'fails',
      says: '"password" is not a text field of the secret.',
      code: 'InvalidSecret',
      likely: 'The secret was written by hand or for another kind of function.',
      remedy: 'Put "password" into the secret, or set VALUE_FIELDS to the fields that it has.',
      retryable: false,
    })
    expect(findLeak(JSON.stringify(answer) + secrets.output(), ['hunter3-hunter3', '41414141'])).toBeUndefined()
  })

  it('of a secret without rotation is refused, which is an answer and no failure of the function', async () => {
    const answer = await probed(secrets, await secrets.store('{"password":"hunter2-hunter2"}'))
    expect(answer).toMatchObject({ findings: [], problem: { code: 'ProbeRefused' } })
    expect(answer.problem?.says).toMatch(/^Secret .+ is rotated by no function, and not by arn:.+\.$/)
  })

  it('of a secret that is rotated by another function is refused before a value is read', async () => {
    await using other = await secretsManagerFor({ ...about, id: 'Another' })
    const secretId = await other.store('{"password":"hunter2-hunter2"}')
    await other.rotate(secretId)
    const env = { ...about.env, AWS_ENDPOINT_URL: other.local.endpoint, SECRETS_MANAGER_ENDPOINT: other.local.endpoint }
    await using stranger = await secretsManagerFor({ ...about, env })
    other.local.calls.clear()
    expect(await probed(stranger, secretId)).toMatchObject({ findings: [], problem: { code: 'ProbeRefused' } })
    expect(other.local.calls.list().map(({ operation }) => operation)).toEqual(['DescribeSecret'])
  })

  it('of a secret that the role may not describe is refused, too, as where rotation was never on', async () => {
    const error = { type: 'AccessDeniedException', message: 'not authorized to perform secretsmanager:DescribeSecret' }
    const intercept = ({ caller }: { caller: string }) => (caller === about.id ? { error } : undefined)
    await using denied = await secretsManagerFor(about, { intercept })
    const { problem } = await probed(denied, await denied.store('{"password":"hunter2-hunter2"}'))
    expect(problem).toMatchObject({
      code: 'ProbeRefused',
      says: expect.stringContaining('may not look at secret arn:'),
    })
    expect(problem?.remedy).toContain('a secret without rotation cannot be probed')
  })

  it('names a variable of the function that is wrong', async () => {
    await using wrong = await secretsManagerFor({ ...about, env: { PASSWORD_LENGTH: 'long' } })
    const secretId = await wrong.store('{"password":"hunter2-hunter2"}')
    await wrong.begin(secretId)
    const { problem } = await probed(wrong, secretId)
    expect(problem).toMatchObject({ code: 'InvalidConfiguration', says: expect.stringContaining('PASSWORD_LENGTH') })
  })

  it.each([
    [{ KeyturnProbe: 2 }, 'KeyturnProbe'],
    [{ SecretId: '' }, 'SecretId'],
    [{ SecretId: 7 }, 'SecretId'],
    [{ VersionIds: 'all' }, 'VersionIds'],
    [{ VersionIds: Array.from({ length: 11 }, () => 'x'.repeat(36)) }, 'VersionIds'],
    [{ VersionIds: [`${'x'.repeat(36)}\n`] }, 'VersionIds'],
    [{ First: 7 }, 'First'],
  ])('with %j names the field', async (fields, name) => {
    const { problem } = await probed(secrets, await rotated(), fields)
    expect(problem).toMatchObject({ code: 'InvalidEvent', says: `"${name}" of the probe cannot be used.` })
  })
})
