import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rotationsIn, writesIn } from '../../cli/history.ts'
import { type LocalSecretsManager, startLocalSecretsManager } from '../../local/secrets-manager/start.ts'
import { clientFor } from '../local/support.ts'
import { repositoryPath } from '../support/function-under-test.ts'
import { keyturn } from './keyturn.ts'

let local: LocalSecretsManager
let client: ReturnType<typeof clientFor>
let refused = true

beforeAll(async () => {
  local = await startLocalSecretsManager({
    functions: { GeneratedValue: repositoryPath('functions/generated-value/generated-value.ts') },
    retryDelaysMs: [],
    intercept: ({ operation, caller }) =>
      refused && operation === 'PutSecretValue' && caller === 'GeneratedValue'
        ? { error: { type: 'AccessDeniedException', message: 'no' } }
        : undefined,
  })
  client = clientFor(local)
})
afterAll(() => local.close())

const history = (...args: readonly string[]) => keyturn(['history', ...args], local)

describe('keyturn history', () => {
  it('tells of a failed rotation with its step and code, of a write by hand, and of a rotation that succeeded', async () => {
    await client.createSecret({ Name: 'app', SecretString: 'hunter2-hunter2' })
    const RotationLambdaARN = local.functions.GeneratedValue
    await client.rotateSecret({ SecretId: 'app', RotationLambdaARN, RotationRules: { AutomaticallyAfterDays: 30 } })
    await local.settled()
    const failed = await history('app')
    expect(failed.code).toBe(1)
    expect(failed.stdout).toMatch(/rotation +\d+ s +failed in createSecret: AccessDenied {2}\([\w-]+\)/)

    refused = false
    // CloudTrail knows whole seconds.
    await sleep(1_100)
    await client.putSecretValue({ SecretId: 'app', SecretString: 'by-hand-by-hand' })
    await client.rotateSecret({ SecretId: 'app' })
    await local.settled()
    const { code, lines, json } = await history('app', '--json')
    expect({ code, stderr: '' }).toEqual({ code: 0, stderr: '' })
    expect(lines.length).toBeGreaterThan(3)
    const rows = json()
    expect(rows.filter(({ kind }) => kind === 'rotation').map(({ outcome }) => outcome)).toEqual([
      'succeeded',
      'abandoned',
    ])
    // A value that is stored by hand ends a rotation that has not.
    const byHand = rows.find(({ event }) => event === 'PutSecretValue')
    expect(byHand).toMatchObject({ kind: 'write', by: expect.stringMatching(/:user\//) })
    // What the function itself has written is part of the rotation.
    expect(rows.filter(({ by }) => by?.includes('GeneratedValue'))).toEqual([])
  })

  it('says that nothing happened, and refuses a period that is no length of time', async () => {
    await client.createSecret({ Name: 'quiet', SecretString: 'hunter2-hunter2' })
    const { code, stdout, stderr } = await history('quiet', '--since', '1h')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('knows of no rotation')
    expect((await history('quiet', '--since', '1y')).code).toBe(2)
    expect((await history('nowhere')).code).toBe(1)
  })
})

describe("rotations out of CloudTrail's events", () => {
  const trace = (time: number, event: string, by = 'secretsmanager.amazonaws.com', error?: string, version = 'v1') => ({
    time,
    event,
    by,
    error,
    version: /Rotation/.test(event) ? version : undefined,
  })

  it('a rotation that is tried again counts its attempts, and ends with the last of them', () => {
    const error = 'Error when executing lambda arn during setSecret step'
    const traces = [
      trace(0, 'RotationStarted'),
      trace(2, 'RotationFailed', undefined, error),
      trace(9, 'RotationStarted'),
      trace(12, 'RotationSucceeded'),
    ]
    expect(rotationsIn(traces.slice(0, 2), [])).toMatchObject([{ outcome: 'failed', step: 'setSecret', attempts: 1 }])
    expect(rotationsIn(traces.slice(0, 3), [])).toMatchObject([{ outcome: 'open', attempts: 2, end: undefined }])
    expect(rotationsIn(traces, [])).toMatchObject([{ outcome: 'succeeded', begin: 0, end: 12, attempts: 2 }])
  })

  it("a write by hand belongs to the rotation that ran meanwhile, and the function's own write is none", () => {
    const traces = [trace(0, 'RotationStarted'), trace(5, 'RotationAbandoned')]
    const rotations = rotationsIn(traces, [])
    const own = trace(1, 'PutSecretValue', 'arn:aws:sts::1:assumed-role/own/x')
    const other = trace(4, 'PutSecretValue', 'arn:aws:iam::1:user/me')
    const later = trace(9, 'UpdateSecret', 'arn:aws:iam::1:user/me')
    expect(rotations).toMatchObject([{ outcome: 'abandoned' }])
    expect(writesIn([...traces, own, other, later], rotations, 'own')).toMatchObject([
      { time: 4, during: 'v1' },
      { time: 9, during: undefined },
    ])
  })

  it('the call that starts a rotation in the same second is no write during it', () => {
    const call = trace(0, 'RotateSecret', 'arn:aws:iam::1:user/me')
    const rotations = rotationsIn([trace(0, 'RotationStarted'), trace(5, 'RotationSucceeded')], [])
    expect(writesIn([call], rotations, 'own')).toMatchObject([{ event: 'RotateSecret', during: undefined }])
  })
})
