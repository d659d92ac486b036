import { Duration, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { type IVpc, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2'
import { Schedule } from 'aws-cdk-lib/aws-events'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Credentials, DatabaseInstance, DatabaseInstanceEngine, PostgresEngineVersion } from 'aws-cdk-lib/aws-rds'
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager'
import { describe, expect, it } from 'vitest'
import { RotationFunction, type RotationFunctionProps } from '../../cdk/rotation-function.ts'
import { type Mapping, type Resource, readTemplate, type Value } from '../../template/parsed.ts'
import { allows, statementsOfRole } from '../template/policies.ts'
import { appWith, deployed, loginIn, secretIn, stackOf, vpcIn, zipOf } from './cdk-support.ts'

const engine = DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_17 })

function databaseIn(stack: Stack, vpc: IVpc, login: ISecret): DatabaseInstance {
  return new DatabaseInstance(stack, 'Database', {
    engine,
    vpc,
    credentials: Credentials.fromSecret(login),
    storageEncrypted: true,
  })
}

/** A database with its secret, and a function in the same VPC. */
function house({ apart = false, ...props }: Partial<RotationFunctionProps> & { apart?: boolean } = {}) {
  const app = appWith()
  const base = new Stack(app, 'Base')
  const stack = apart ? new Stack(app, 'Rotation') : base
  const vpc = vpcIn(base)
  const login = loginIn(base)
  const database = databaseIn(base, vpc, login)
  const id = props.function ?? 'PostgresSingleUser'
  const own = { zip: zipOf(id), vpc, function: id, ...props } as RotationFunctionProps
  const rotation = new RotationFunction(stack, 'Keyturn', own)
  return { app, base, stack, vpc, login, database, rotation, json: () => resourcesOf(stack) }
}
const monthly = { schedule: 'cron(0 3 1 * ? *)' }

function resourcesOf(stack: Stack): Readonly<Record<string, Resource>> {
  return Template.fromStack(stack).toJSON().Resources
}

function those(resources: Readonly<Record<string, Resource>>, type: string): [string, Resource][] {
  return Object.entries(resources).filter(([, { Type }]) => Type === `AWS::${type}`)
}

function only(resources: Readonly<Record<string, Resource>>, type: string): Resource {
  const found = those(resources, type)
  expect(found.map(([id]) => id)).toHaveLength(1)
  return found[0]?.[1] as Resource
}

describe('rotate', () => {
  it('makes the schedule of examples/secret-with-schedule.yaml, which rotates nothing at once', () => {
    const { rotation, login, json } = house()
    rotation.rotate(login, { ...monthly, duration: Duration.hours(3) })
    const { Properties } = only(json(), 'SecretsManager::RotationSchedule')
    const { SecretId, RotationLambdaARN, ...example } =
      readTemplate('examples/secret-with-schedule.yaml').Resources.Schedule?.Properties ?? {}
    const { SecretId: secret, RotationLambdaARN: lambda, ...own } = Properties
    expect(own).toEqual(example)
    const resources = json()
    expect(resources[(secret as Mapping).Ref as string]?.Type).toBe('AWS::SecretsManager::Secret')
    const [id, attribute] = (lambda as Mapping)['Fn::GetAtt'] as string[]
    expect([resources[String(id)]?.Type, attribute]).toEqual(['AWS::Lambda::Function', 'Arn'])
  })

  it('waits for the permission, the attachment and the rules of the network', () => {
    const { rotation, login, database, json } = house()
    rotation.allowDatabase(database)
    rotation.rotate(login, monthly)
    const resources = json()
    const after = only(resources, 'SecretsManager::RotationSchedule').DependsOn as readonly string[]
    const types = after.map((id) => resources[id]?.Type)
    expect(types).toEqual(
      expect.arrayContaining([
        'AWS::Lambda::Permission',
        'AWS::SecretsManager::SecretTargetAttachment',
        'AWS::EC2::SecurityGroupIngress',
        'AWS::EC2::SecurityGroupEgress',
      ]),
    )
  })

  it('may rotate at once, if that is wanted', () => {
    const { rotation, login, json } = house()
    rotation.rotate(login, { ...monthly, rotateImmediately: true })
    expect(only(json(), 'SecretsManager::RotationSchedule').Properties.RotateImmediatelyOnUpdate).toBe(true)
  })

  it.each([
    ['rate(30 days)', 'rate(30 days)'],
    [Duration.days(1), 'rate(1 day)'],
    [Duration.hours(12), 'rate(12 hours)'],
    [Schedule.cron({ minute: '0', hour: '3', weekDay: 'SUN' }), 'cron(0 3 ? * SUN *)'],
    ['cron(0 3 ? * TUE#1 *)', 'cron(0 3 ? * TUE#1 *)'],
  ])('takes %s', (schedule, expression) => {
    const { rotation, login, json } = house()
    rotation.rotate(login, { schedule })
    const { RotationRules } = only(json(), 'SecretsManager::RotationSchedule').Properties
    expect(RotationRules).toEqual({ ScheduleExpression: expression })
  })

  it.each([
    ['rate(1 hour)', undefined, 'every 4 hours'],
    [Duration.hours(2), undefined, 'every 4 hours'],
    ['rate(1001 days)', undefined, '1000 days'],
    ['rate(4 hours)', 5, 'the next window'],
    ['cron(30 3 1 * ? *)', undefined, 'the minutes'],
    ['cron(0 3 1 * ? 2027)', undefined, 'the year'],
    ['cron(0 3 * * * *)', undefined, 'must be ?'],
    ['cron(0 3 ? * ? *)', undefined, 'must be ?'],
    ['cron(0 3 1 * ?)', undefined, 'six fields'],
    ['every month', undefined, 'six fields'],
    ['cron(0 22 1 * ? *)', 3, 'the next day'],
    ['cron(0 3 1 * ? *)', 25, 'whole hours'],
    ['cron(0 3 1 * ? *)', 0, 'whole hours'],
    ['cron(0 3 1 * ? *)', 1.5, 'whole hours'],
    [Duration.minutes(90), undefined, 'no schedule rate(1.5 hours): it is rate(n hours)'],
  ])('refuses %s with a window of %s hours', (schedule, hours, why) => {
    const { rotation, login } = house()
    const duration = hours === undefined ? {} : { duration: Duration.minutes(hours * 60) }
    expect(() => rotation.rotate(login, { schedule, ...duration })).toThrow(why)
  })

  it.each([
    [undefined, 'rotate takes an object with options: schedule, duration, rotateImmediately, scope.'],
    [{}, 'rotate: the option schedule is missing'],
    [{ ...monthly, window: 3 }, 'rotate has no option window. It has: schedule, duration, rotateImmediately, scope.'],
    [{ ...monthly, duration: 3 }, 'duration is 3. It must be a Duration of aws-cdk-lib'],
    [{ schedule: { days: 30 } }, 'schedule is {"days":30}. It must be a Duration of aws-cdk-lib'],
  ])('refuses %o, which JavaScript would take', (options, why) => {
    const { rotation, login } = house()
    expect(() => rotation.rotate(login, options as Parameters<typeof rotation.rotate>[1])).toThrow(why)
  })

  it('rotates many secrets with one function, and each of them once', () => {
    const { rotation, login, stack, json } = house()
    rotation.rotate(login, monthly)
    rotation.rotate(secretIn(stack, 'Another'), monthly)
    expect(those(json(), 'SecretsManager::RotationSchedule')).toHaveLength(2)
    expect(those(json(), 'Lambda::Permission')).toHaveLength(1)
    expect(() => rotation.rotate(login, monthly)).toThrow('Base/Login is rotated by this function already.')
  })

  it('keeps a schedule as it is when another secret comes first', () => {
    const idOfLogins = (before: boolean) => {
      const { rotation, login, stack, json } = house()
      if (before) rotation.rotate(secretIn(stack, 'Another'), monthly)
      rotation.rotate(login, monthly)
      const schedules = those(json(), 'SecretsManager::RotationSchedule')
      return schedules.find(([, { Properties }]) => JSON.stringify(Properties.SecretId).includes('Login'))?.[0]
    }
    expect(idOfLogins(false)).toMatch(/^KeyturnSchedule/)
    expect(idOfLogins(true)).toBe(idOfLogins(false))
  })

  it("lets the role use the secret's key, and its superuser's, through Secrets Manager alone", () => {
    const made = deployed(
      stackOf((stack) => {
        const secret = (id: string) => secretIn(stack, id, { encryptionKey: new Key(stack, `${id}Key`) })
        const props = { function: 'PostgresAlternatingUsers', zip: zipOf('PostgresAlternatingUsers') } as const
        new RotationFunction(stack, 'Own', props).rotate(secret('Secret'), monthly)
        new RotationFunction(stack, 'Other', { ...props, superuserSecrets: [secret('Superuser')] })
      }),
    )
    const keys = Object.keys(made.resources).filter((id) => made.resources[id]?.Type === 'AWS::KMS::Key')
    expect(keys).toHaveLength(2)
    const usable = (role: RegExp, context: Readonly<Record<string, string>>) => {
      const statements = statementsOfRole(made, Object.keys(made.resources).find((id) => role.test(id)) ?? '')
      const arn = (key: string) => `arn:aws:kms:us-east-1:000000000000:key/keyturn-${key}`
      return keys.filter((key) => allows(statements, { action: 'kms:Decrypt', resource: arn(key), context }))
    }
    const throughIt = {
      'kms:ViaService': 'secretsmanager.us-east-1.amazonaws.com',
      'kms:EncryptionContext:SecretARN': 'arn:aws:secretsmanager:us-east-1:000000000000:secret:a-AbCdEf',
    }
    expect(usable(/^OwnRole/, throughIt)).toEqual([expect.stringMatching(/^SecretKey/)])
    expect(usable(/^OtherRole/, throughIt)).toEqual([expect.stringMatching(/^SuperuserKey/)])
    expect([...usable(/^OwnRole/, {}), ...usable(/^OtherRole/, {})]).toEqual([])
  })

  it('gives no right to make passwords, and lets in nobody without an account', () => {
    const { rotation, login, json } = house()
    rotation.rotate(login, monthly)
    const text = JSON.stringify(json())
    expect(text).not.toContain('GetRandomPassword')
    expect(text).not.toContain('AWSLambdaBasicExecutionRole')
    for (const [, { Properties }] of those(json(), 'Lambda::Permission'))
      expect(Properties.SourceAccount).toEqual({ Ref: 'AWS::AccountId' })
  })
})

describe('allowDatabase', () => {
  const rules = (resources: Readonly<Record<string, Resource>>, kind: 'Ingress' | 'Egress') =>
    those(resources, `EC2::SecurityGroup${kind}`).map(([, { Properties }]) => Properties)

  it("opens the database's port, in and out, and no other", () => {
    const { rotation, database, json } = house()
    rotation.allowDatabase(database)
    const resources = json()
    const [ingress, ...more] = rules(resources, 'Ingress')
    const [egress, ...others] = rules(resources, 'Egress')
    expect([more, others]).toEqual([[], []])
    for (const rule of [ingress, egress])
      expect(rule).toMatchObject({
        IpProtocol: 'tcp',
        FromPort: { 'Fn::GetAtt': [expect.stringMatching(/^Database/), 'Endpoint.Port'] },
      })
    expect(groupOf(ingress?.SourceSecurityGroupId)).toMatch(/^KeyturnSecurityGroup/)
    expect(groupOf(ingress?.GroupId)).toMatch(/^DatabaseSecurityGroup/)
    expect(groupOf(egress?.GroupId)).toMatch(/^KeyturnSecurityGroup/)
  })

  it('lets the function out to port 443 besides, and nowhere else', () => {
    const { json } = house()
    const group = Object.entries(json()).find(([id]) => id.startsWith('KeyturnSecurityGroup'))?.[1]
    expect(group?.Properties.SecurityGroupEgress).toEqual([
      expect.objectContaining({ CidrIp: '0.0.0.0/0', FromPort: 443, ToPort: 443, IpProtocol: 'tcp' }),
    ])
  })

  it.each([
    ['PostgresAlternatingUsers', 5432],
    ['MysqlSingleUser', 3306],
    ['MariadbDualPassword', 3306],
    ['SshKey', 22],
  ] as const)('of %s opens port %s to a group that names none', (id, port) => {
    const { rotation, stack, vpc, json } = house({ function: id })
    rotation.allowDatabase(new SecurityGroup(stack, 'Servers', { vpc }))
    expect(rules(json(), 'Ingress')).toEqual([expect.objectContaining({ FromPort: port, ToPort: port })])
  })

  it('opens the port that it is given', () => {
    const { rotation, stack, vpc, json } = house()
    rotation.allowDatabase(new SecurityGroup(stack, 'Servers', { vpc }), Port.tcp(6432))
    expect(rules(json(), 'Ingress')).toEqual([expect.objectContaining({ FromPort: 6432, ToPort: 6432 })])
  })

  it('asks for a port where a function logs in to no server', () => {
    const { rotation, stack, vpc } = house({ function: 'GeneratedValue' })
    expect(() => rotation.allowDatabase(new SecurityGroup(stack, 'Servers', { vpc }))).toThrow('Name the port')
  })

  it('is refused for a function in no VPC', () => {
    const { stack, database } = house()
    const rotation = new RotationFunction(stack, 'Outside', {
      function: 'PostgresSingleUser',
      zip: zipOf('PostgresSingleUser'),
    })
    expect(() => rotation.allowDatabase(database)).toThrow('VPC')
  })

  it("takes the caller's own security groups, for the rule of an endpoint for instance", () => {
    const { base, vpc, login } = house()
    const own = new SecurityGroup(base, 'Own', { vpc, allowAllOutbound: false })
    const zip = zipOf('PostgresSingleUser')
    const rotation = new RotationFunction(base, 'Second', {
      function: 'PostgresSingleUser',
      zip,
      vpc,
      securityGroups: [own],
    })
    rotation.rotate(login, monthly)
    expect(rotation.connections.securityGroups).toEqual([own])
  })
})

describe('a function and a database in two stacks', () => {
  it('are made one after the other, the function last', () => {
    const { app, base, stack, rotation, login, database } = house({ apart: true })
    rotation.allowDatabase(database)
    rotation.rotate(login, monthly)
    app.synth()
    expect(stack.dependencies).toEqual([base])
    expect(base.dependencies).toEqual([])
  })

  it('are made the other way round, with a schedule in the stack of the secret', () => {
    const app = appWith()
    const [shared, later] = [new Stack(app, 'Shared'), new Stack(app, 'Later')]
    const vpc = vpcIn(shared)
    const rotation = new RotationFunction(shared, 'Keyturn', {
      function: 'PostgresSingleUser',
      zip: zipOf('PostgresSingleUser'),
      vpc,
    })
    const login = loginIn(later)
    const database = databaseIn(later, vpc, login)
    database.connections.allowDefaultPortFrom(rotation)
    rotation.rotate(login, { ...monthly, scope: later })
    app.synth()
    expect(later.dependencies).toEqual([shared])
    expect(shared.dependencies).toEqual([])
    only(resourcesOf(later), 'SecretsManager::RotationSchedule')
  })
})

function groupOf(value: Value | undefined): string {
  return String(((value as Mapping)['Fn::GetAtt'] as string[])[0])
}
