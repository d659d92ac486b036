import { readFileSync } from 'node:fs'
import { CreateKeyCommand } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import adopt from '../../../cli/commands/adopt.ts'
import doctor from '../../../cli/commands/doctor.ts'
import { repositoryPath } from '../../support/function-under-test.ts'
import { allows, statementsOf } from '../../template/policies.ts'
import type { AwsCall } from './account.ts'
import { firstCases } from './cases.ts'
import { expectNamed, worldOfShell } from './expect-named.ts'
import { ran } from './run.ts'
import type { World } from './set-up.ts'

let world: World
beforeAll(async () => {
  world = await worldOfShell()
}, 60_000)
afterAll(() => world?.[Symbol.asyncDispose]())

describe('doctor names each cause that AWS tells of', () => {
  it.each(firstCases)('$cause: $how', (each) => expectNamed(world, each))
})

describe('keyturn adopt', () => {
  const application = 'arn:aws:serverlessrepo:us-east-1:297356227824:applications'
  const runtime = { runtime: 'python3.10', handler: 'lambda_function.lambda_handler' }

  it("recognises AWS's functions by their application or description, and says what fits", async () => {
    const tags = { 'serverlessrepo:applicationId': `${application}/SecretsManagerRDSMySQLRotationMultiUser` }
    const first = await world.setUp({ deployed: { ...runtime, tags } })
    const description =
      'Conducts an AWS SecretsManager secret rotation for RDS PostgreSQL using single user rotation scheme'
    const second = await world.setUp({ deployed: { ...runtime, description } })
    const oracle = { 'serverlessrepo:applicationId': `${application}/SecretsManagerRDSOracleRotationSingleUser` }
    const third = await world.setUp({ deployed: { ...runtime, tags: oracle } })
    const { json } = await ran(adopt, ['--json'])
    const of = ({ name }: { readonly name: string }) => json.find(({ secret }) => secret === name)
    expect(of(first)).toMatchObject({ fits: 'MysqlAlternatingUsers', refuses: expect.arrayContaining(['MySQL 5.7']) })
    expect(of(second)).toMatchObject({ fits: 'PostgresSingleUser' })
    expect(of(third)?.is).toBe('SecretsManagerRDSOracleRotationSingleUser')
    expect(of(third)?.fits).toBeUndefined()
    expect((await ran(adopt, [third.name])).out).toContain('Keyturn has no function for that')
  })
})

describe('keyturn doctor', () => {
  it('shows people windows in UTC, what it saw, and that nothing is wrong', async () => {
    const { name } = await world.setUp({ deployed: { vpc: world.ground.closed } })
    await world.settled()
    const { out, code } = await ran(doctor, [name])
    expect(out).toMatch(/windows .* every 30 days\n +\d{4}-\d\d-\d\d 00:00 UTC/)
    expect(out).toMatch(/role +4 of 4 actions allowed/)
    expect(out).toContain('Nothing was found that stops rotations.')
    expect(code).toBe(0)
  })

  it('goes on where it may describe the secret alone, and says what it could not see', async () => {
    const { name } = await world.setUp({ deployed: { vpc: world.ground.closed } })
    await world.settled()
    world.account.forbids = ({ action }) => action !== 'DescribeSecret'
    try {
      const { out, code } = await ran(doctor, [name])
      expect(out).toContain('not seen: secretsmanager:ListSecretVersionIds is not allowed')
      expect(out).toContain('not seen: lambda:GetFunctionConfiguration is not allowed')
      expect(out).toContain('not seen: cloudtrail:LookupEvents is not allowed')
      expect(code).toBe(0)
    } finally {
      world.account.forbids = () => false
    }
  })

  it('ends with 3 where the secret itself may not be described, and with 1 where there is none', async () => {
    const { name } = await world.setUp()
    world.account.forbids = () => true
    try {
      await expect(ran(doctor, [name])).rejects.toThrow('does not allow secretsmanager:DescribeSecret')
    } finally {
      world.account.forbids = () => false
    }
    expect((await ran(doctor, ['nowhere'])).code).toBe(1)
  })

  it('reads no value without --read-value', async () => {
    const { name } = await world.setUp()
    await world.settled()
    world.account.calls.length = 0
    await ran(doctor, [name])
    expect(world.account.calls.map(({ action }) => action)).not.toContain('GetSecretValue')
    await ran(doctor, [name, '--read-value'])
    expect(world.account.calls.map(({ action }) => action)).toContain('GetSecretValue')
  })

  it('asks for no more than examples/operators/read.json and probe.json allow', async () => {
    const { KeyMetadata } = await world.account.clients.kms.send(new CreateKeyCommand({}))
    const secret = { KmsKeyId: KeyMetadata?.KeyId ?? '' }
    const { name } = await world.setUp({ deployed: { vpc: world.ground.closed }, secret })
    world.account.calls.length = 0
    await ran(doctor, [name])
    const policies = ['read', 'probe'].flatMap((each) =>
      statementsOf(JSON.parse(readFileSync(repositoryPath(`examples/operators/${each}.json`), 'utf8'))),
    )
    const asked = world.account.calls.map(requestOf)
    expect(new Set(asked.map(({ action }) => action.split(':')[0])).size).toBe(10)
    expect(asked.filter((each) => !allows(policies, each))).toEqual([])
  })
})

/** The action and resource that IAM would be asked about for a call; for Lambda's calls they are in the path. */
function requestOf({ service, action }: AwsCall) {
  const ofLambda = [
    ['InvokeFunction', /invocations$/],
    ['GetFunctionConfiguration', /configuration$/],
    ['GetPolicy', /policy$/],
    ['GetFunctionConcurrency', /concurrency$/],
    ['ListProvisionedConcurrencyConfigs', /provisioned-concurrency/],
    ['ListTags', /tags/],
  ] as const
  const name = ofLambda.find(([, path]) => service === 'lambda' && path.test(action))?.[0] ?? action
  const prefix = service === 'monitoring' ? 'cloudwatch' : service
  const resources: Readonly<Record<string, string>> = {
    secretsmanager: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:app-AbCdEf',
    lambda: 'arn:aws:lambda:us-east-1:000000000000:function:keyturn-GeneratedValue',
    logs: 'arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/keyturn-GeneratedValue:*',
    iam: 'arn:aws:iam::000000000000:role/keyturn-GeneratedValueRole',
    kms: 'arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000',
  }
  return { action: `${prefix}:${name}`, resource: resources[service] ?? '*' }
}
