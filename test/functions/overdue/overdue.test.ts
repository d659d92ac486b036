import { Buffer } from 'node:buffer'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { overdueModule } from '../../../local/functions.ts'
import type { Call, Fault } from '../../../local/secrets-manager/service/calls.ts'
import { type LocalSecretsManager, startLocalSecretsManager } from '../../../local/secrets-manager/start.ts'
import { secretsPerCall } from '../../contract/calls.ts'
import { clientFor, day, handlerPath, hour } from '../../local/support.ts'
import { repositoryPath } from '../../support/function-under-test.ts'

/** Secrets that no function rotates, so that the list has several pages. */
const byHand = 350
const pages = Math.ceil(byHand / secretsPerCall)
const later = repositoryPath('test/functions/overdue/handlers/later.ts')
const at = (aheadMs: number) => ({ module: later, env: { AHEAD_MS: String(aheadMs) } })
let local: LocalSecretsManager
let client: ReturnType<typeof clientFor>
let fault: (call: Call) => Fault | undefined = () => undefined

beforeAll(async () => {
  local = await startLocalSecretsManager({
    functions: {
      OnDemand: handlerPath('on-demand'),
      Overdue: overdueModule,
      InThreeHours: at(3 * hour),
      InFortyDays: at(40 * day),
      InAMoment: { module: overdueModule, timeoutMs: 2_300 },
    },
    retryDelaysMs: [],
    intercept: (call) => (call.operation === 'ListSecrets' ? fault(call) : undefined),
  })
  client = clientFor(local)
  for (const [Name, Description] of [
    ['app/fine', ''],
    ['app/failing', 'fail testSecret'],
    ['app/off', ''],
    ['app/off-for-good', ''],
    ['app/deleted', ''],
  ] as const) {
    await client.createSecret({ Name, Description, SecretString: 'hunter2hunter2' })
    const RotationRules = { AutomaticallyAfterDays: 30 }
    await client.rotateSecret({ SecretId: Name, RotationLambdaARN: local.functions.OnDemand, RotationRules })
    await local.settled()
  }
  for (const SecretId of ['app/off', 'app/off-for-good']) await client.cancelRotateSecret({ SecretId })
  await client.tagResource({ SecretId: 'app/off-for-good', Tags: [{ Key: 'keyturn:rotation', Value: 'off' }] })
  await client.deleteSecret({ SecretId: 'app/deleted' })
  for (let index = 0; index < byHand; index++)
    await client.createSecret({ Name: `by-hand/${index}`, SecretString: 'hunter2hunter2' })
})
afterAll(() => local.close())
afterEach(() => {
  fault = () => undefined
})

interface Line {
  readonly [field: string]: unknown
}

/** Invokes it as a schedule does, and gives what it has logged, metrics apart, and how it ended. */
async function run(FunctionName = 'Overdue') {
  const credentials = { accessKeyId: 'operator', secretAccessKey: 'local' }
  const lambda = new LambdaClient({ endpoint: local.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
  const event = { source: 'aws.events', 'detail-type': 'Scheduled Event' }
  const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), LogType: 'Tail' }))
  const text = Buffer.from(answer.LogResult ?? '', 'base64').toString()
  const lines = text.split('\n').flatMap((line): Line[] => (line.startsWith('{') ? [JSON.parse(line)] : []))
  const metrics = lines.filter((line) => '_aws' in line)
  const about = (message: string) => lines.filter((line) => line.message === message)
  const error =
    answer.FunctionError === undefined ? undefined : JSON.parse(Buffer.from(answer.Payload ?? '').toString())
  return { text, metrics, error, failures: about('listing failed'), attention: about('secrets need attention') }
}
const named = (lines: readonly Line[]) => Object.fromEntries(lines.map(({ state, secrets }) => [state, secrets]))

describe('Overdue', () => {
  it('counts the secrets that need attention, and names them in the log alone', async () => {
    const { metrics, attention, text } = await run('InThreeHours')
    expect(metrics).toMatchObject([{ SecretsRotated: 4, SecretsOverdue: 0, SecretsStuck: 1, SecretsOff: 1 }])
    expect(named(attention)).toEqual({ stuck: ['app/failing'], off: ['app/off'] })
    expect(JSON.stringify(metrics)).not.toMatch(/app\//)
    const wanted = [{ Namespace: 'Keyturn', Dimensions: [['service']] }]
    expect(metrics).toMatchObject([{ _aws: { CloudWatchMetrics: wanted } }])
    expect(text).not.toContain('hunter2')
  })

  it('calls a secret overdue when its window is over, and not while a rotation has just begun', async () => {
    expect(named((await run('InFortyDays')).attention)).toMatchObject({ overdue: ['app/fine'], stuck: ['app/failing'] })
    const { metrics, attention } = await run()
    expect(metrics).toMatchObject([{ SecretsOverdue: 0, SecretsStuck: 0, SecretsOff: 1 }])
    expect(named(attention)).toEqual({ off: ['app/off'] })
  })

  it('makes one call for each page of the list, and no other', async () => {
    local.calls.clear()
    await run()
    expect(local.calls.by('Overdue').map(({ operation }) => operation)).toEqual(Array(pages).fill('ListSecrets'))
  })

  it('goes on where it is throttled', async () => {
    let throttled = 0
    fault = () => (throttled++ < 3 ? { error: { type: 'ThrottlingException', message: 'Rate exceeded' } } : undefined)
    const { metrics, error } = await run()
    expect(throttled).toBe(3 + pages)
    expect({ error, metrics }).toMatchObject({ error: undefined, metrics: [{ SecretsRotated: 4 }] })
  })

  it('gives no metric of half a list, and says which right is missing', async () => {
    let listed = 0
    fault = () => (listed++ > 1 ? { error: { type: 'AccessDeniedException', message: 'no more' } } : undefined)
    const { metrics, error, failures } = await run()
    expect(metrics).toEqual([])
    expect(error).toMatchObject({ errorType: 'AccessDenied' })
    expect(error.errorMessage).toContain('secretsmanager:ListSecrets on all secrets of the Region failed')
    expect(failures).toMatchObject([{ code: 'AccessDenied', function: 'Overdue' }])
  })

  it('says in time that the time ran out', async () => {
    fault = () => ({ delayMs: 1_500 })
    const { metrics, error } = await run('InAMoment')
    expect({ metrics, error }).toMatchObject({ metrics: [], error: { errorType: 'TimedOut' } })
  })

  it('gives no metric where it is killed in the middle, and all the next time', async () => {
    let listed = 0
    fault = () => {
      if (++listed === 3) local.kill('Overdue')
      return undefined
    }
    const killed = await run()
    expect(killed.error).toBeDefined()
    expect(killed.metrics).toEqual([])
    fault = () => undefined
    expect((await run()).metrics).toMatchObject([{ SecretsRotated: 4, SecretsOff: 1 }])
  })
})
