import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Invocation } from '../../local/secrets-manager/functions/invocation.ts'
import { generatedValue } from '../functions/generated-value/secret-type.ts'
import { fourSteps, type SecretsManager, secretsManagerFor } from '../support/secrets-manager.ts'

const { id } = generatedValue.function

/** The log line of an invocation, and its metrics: each line of output is JSON, and there are no others. */
function read({ logs }: Invocation) {
  const lines = logs
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  const metrics = lines.filter((line) => '_aws' in line)
  const [line, ...others] = lines.filter((each) => !('_aws' in each))
  expect(others).toEqual([])
  return { line, metrics }
}

describe('the report of an invocation', () => {
  let secrets: SecretsManager
  beforeAll(async () => {
    secrets = await secretsManagerFor(generatedValue.function)
  })
  afterAll(() => secrets[Symbol.asyncDispose]())

  const begun = async () => secrets.begin(await secrets.store('{"password":"to begin with"}'))

  it('is one line that says what was done, and one metric with the step and how it ended', async () => {
    const rotation = await begun()
    for (const step of fourSteps) {
      const { line, metrics } = read(await rotation.attempt(step))
      const about = { step, secret: rotation.secretId, version: rotation.token, function: id }
      expect(line).toMatchObject({ level: 'INFO', message: 'step succeeded', outcome: 'done', ...about })
      expect(line).toMatchObject({
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        durationMs: expect.any(Number),
      })
      expect(metrics[0]).toMatchObject({ service: id, step, outcome: 'ok', StepDuration: expect.any(Number) })
    }
    const { line } = read(await rotation.attempt('finishSecret'))
    expect(line).toMatchObject({ outcome: 'already promoted', done: [] })
  })

  it('of a kind whose old value goes on working tells of no gap', async () => {
    const rotation = await begun()
    for (const step of fourSteps)
      expect(read(await rotation.attempt(step)).metrics.some((metric) => 'Gap' in metric)).toBe(false)
  })

  it('of a failure is one line with the code, and a metric with the code as its outcome', async () => {
    const rotation = await begun()
    const { line, metrics } = read(await rotation.attempt('testSecret'))
    expect(line).toMatchObject({ level: 'ERROR', message: 'step failed', code: 'VersionMissing', retryable: true })
    expect(line).toMatchObject({ error: { name: 'VersionMissing', message: expect.stringContaining('Likely cause:') } })
    expect(metrics).toEqual([expect.objectContaining({ step: 'testSecret', outcome: 'VersionMissing' })])
  })

  it('makes no metric out of what a caller sends', async () => {
    const event = { Step: 'made-up-by-the-caller', SecretId: 'x', ClientRequestToken: 'y'.repeat(32), Extra: 'z' }
    const { line, metrics } = read(await secrets.invoke(event))
    expect(JSON.stringify(metrics)).not.toContain('made-up')
    expect(metrics[0]).toMatchObject({ step: 'unknown' })
    expect(line).not.toHaveProperty('Extra')
  })
})
