import { Agent, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stateOf } from '../../cli/secret-state.ts'
import { type LocalSecretsManager, startLocalSecretsManager } from '../../local/secrets-manager/start.ts'
import { secretsPerCall } from '../contract/calls.ts'
import { clientFor, day, handlerPath, hour } from '../local/support.ts'
import { keyturn } from './keyturn.ts'

let local: LocalSecretsManager
let client: ReturnType<typeof clientFor>

beforeAll(async () => {
  local = await startLocalSecretsManager({ functions: { OnDemand: handlerPath('on-demand') }, retryDelaysMs: [] })
  client = clientFor(local)
  const RotationLambdaARN = local.functions.OnDemand
  const RotationRules = { AutomaticallyAfterDays: 30 }
  for (const [Name, Description] of [
    ['app/fine', ''],
    ['app/failing', 'fail testSecret'],
    ['app/off', ''],
    ['app/deleted', ''],
  ] as const) {
    await client.createSecret({ Name, Description, SecretString: 'hunter2hunter2' })
    await client.rotateSecret({ SecretId: Name, RotationLambdaARN, RotationRules })
    await local.settled()
  }
  await client.cancelRotateSecret({ SecretId: 'app/off' })
  await client.deleteSecret({ SecretId: 'app/deleted' })
  await client.createSecret({ Name: 'app/by-hand', SecretString: 'hunter2hunter2' })
})
afterAll(() => local.close())

const status = (args: readonly string[] = [], aheadMs = 0) => keyturn(['status', ...args], { ...local, aheadMs })
const states = (rows: readonly { secret: string; state: string }[]) =>
  Object.fromEntries(rows.map(({ secret, state }) => [secret, state]))

describe('keyturn status', () => {
  it('shows a line for each secret that a function rotates, and ends with 1 because one is switched off', async () => {
    const { code, lines, stderr, stdout } = await status()
    expect(lines[0]).toMatch(/^SECRET +STATE +FUNCTION +LAST +NEXT BY +AGE$/)
    expect(lines.slice(1).map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
      ['app/failing', 'rotating', 'OnDemand'],
      ['app/fine', 'ok', 'OnDemand'],
      ['app/off', 'off', 'OnDemand'],
    ])
    expect(stderr).toBe('3 secrets: 1 rotating, 1 ok, 1 off.\n')
    expect(stdout).not.toContain('\u001b')
    expect(code).toBe(1)
  })

  it('calls a rotation that began hours ago stuck, and a secret whose window was missed overdue', async () => {
    const soon = (await status(['--json'], 3 * hour)).json()
    expect((await status([], 3 * hour)).stderr).toMatch(/1 off\.\n"keyturn doctor app\/failing" finds the cause\.\n$/)
    expect(states(soon)).toEqual({ 'app/failing': 'stuck', 'app/fine': 'ok', 'app/off': 'off' })
    expect(soon[0]).toMatchObject({ says: 'stuck 3 h', attention: true, pendingVersion: expect.any(String) })
    const late = (await status(['app/fine', '--json'], 40 * day)).json()
    expect(late).toMatchObject([{ state: 'overdue', attention: true, says: expect.stringMatching(/^overdue \d+ d$/) }])
  })

  it('asks for the named secrets alone, in their order, and ends with 0 where they are well', async () => {
    const { code, lines } = await status(['app/fine', 'app/by-hand'])
    expect(lines.slice(1).map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
      ['app/fine', 'ok'],
      ['app/by-hand', 'off'],
    ])
    expect(code).toBe(0)
  })

  it('--all shows secrets without rotation and secrets that are being deleted, too', async () => {
    const { json } = await status(['--all', '--json'])
    expect(states(json())).toMatchObject({ 'app/by-hand': 'off', 'app/deleted': 'deleted' })
  })

  it('ends with 1 where a secret is not there, and says which', async () => {
    const { code, stderr } = await status(['app/fine', 'app/gone'])
    expect(stderr).toBe('There is no secret app/gone in this Region and account.\n')
    expect(code).toBe(1)
  })

  it('reads no value', async () => {
    local.calls.clear()
    await status(['--all'])
    await status(['app/failing'])
    const made = new Set(local.calls.by('operator').map(({ operation }) => operation))
    expect([...made].sort()).toEqual(['DescribeSecret', 'ListSecretVersionIds', 'ListSecrets'])
  })

  it('lists 5,000 secrets in calls of a hundred each', async () => {
    const many = 5_000
    const headers = { 'x-amz-target': 'secretsmanager.CreateSecret', 'content-type': 'application/x-amz-json-1.1' }
    // The SDK would need three times as long.
    const agent = new Agent({ keepAlive: true, maxSockets: 16 })
    const create = (index: number) =>
      new Promise((resolve, reject) => {
        const sent = request(local.endpoint, { method: 'POST', headers, agent }, (answer) =>
          answer.resume().on('end', resolve),
        )
        const ClientRequestToken = String(index).padStart(36, '0')
        sent.on('error', reject).end(JSON.stringify({ Name: `fleet/${index}`, SecretString: 'x', ClientRequestToken }))
      })
    await Promise.all(Array.from({ length: many }, (_, index) => create(index)))
    agent.destroy()
    local.calls.clear()
    const { json } = await status(['--all', '--json'])
    expect(json()).toHaveLength(many + 5)
    const lists = Array(Math.ceil((many + 5) / secretsPerCall)).fill('ListSecrets')
    // Of app/failing, whose rotation has not ended, the versions are read as well.
    expect(local.calls.by('operator').map(({ operation }) => operation)).toEqual([...lists, 'ListSecretVersionIds'])
  })
})

describe('the state of a secret that AWS manages', () => {
  const secret = {
    arn: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:x-AbCdEf',
    name: 'x',
    functionArn: undefined,
    rotationEnabled: true,
    lastRotated: 0,
    nextRotation: 10 * day,
    lastChanged: 0,
    created: 0,
    deleted: undefined,
    owner: undefined,
    primaryRegion: undefined,
    type: undefined,
    offOnPurpose: false,
    labels: new Map(),
  }
  const said = (fields: object, now = day) => stateOf({ ...secret, ...fields }, undefined, now)

  it.each([
    [{ owner: 'rds' }, 'managed by rds', false],
    [{ type: 'Salesforce' }, 'managed by Salesforce', false],
    [{ primaryRegion: 'eu-west-1' }, 'replica of eu-west-1', false],
    [{ primaryRegion: 'us-east-1', functionArn: 'arn' }, 'ok', false],
    [{ owner: 'rds', nextRotation: 0 }, 'managed by rds, overdue 24 h', true],
  ])('%j is "%s"', (fields, text, attention) => {
    expect(said(fields)).toMatchObject({ text, attention })
  })
})
