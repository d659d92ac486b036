import { type App, Duration, Stack } from 'aws-cdk-lib'
import { SecurityGroup, Subnet, Vpc } from 'aws-cdk-lib/aws-ec2'
import { ManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { LayerVersion } from 'aws-cdk-lib/aws-lambda'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns'
import { describe, expect, it } from 'vitest'
import { made } from '../../cdk/made.ts'
import {
  type FunctionName,
  RotationFunction,
  type RotationFunctionProps,
  RotationWatch,
} from '../../cdk/rotation-function.ts'
import { type Mapping, readTemplate, type Value } from '../../template/parsed.ts'
import { idOf } from '../../template/row.ts'
import { rows } from '../../template/rows.ts'
import { statementsOf, statementsOfRole } from '../template/policies.ts'
import { type Stack as Deployed, deploy, refusals, type Values } from '../template/stack.ts'
import { appWith, deployed, stackOf, zipOf } from './cdk-support.ts'
import { asDeployed, comparable } from './same.ts'

const template = readTemplate('template.yaml')
const ids = rows.map(idOf) as FunctionName[]
const arn = {
  key: 'arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  topic: 'arn:aws:sns:us-east-1:000000000000:operators',
  secret: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:superuser-AbCdEf',
  user: 'arn:aws:iam::000000000000:user/applications/*',
  boundary: 'arn:aws:iam::000000000000:policy/boundary',
  layer: 'arn:aws:lambda:us-east-1:000000000000:layer:authorities:1',
}

/** For each option a value that is not the default. The two rules of the template are kept. */
const samples: Readonly<Record<string, string | number | boolean>> = {
  PasswordLength: 40,
  ExcludeCharacters: 'lI10"\\',
  ExcludeLowercase: false,
  ExcludeUppercase: true,
  ExcludeNumbers: true,
  ExcludePunctuation: true,
  RequireEachIncludedType: false,
  DatabaseCaBundle: '/opt/ca.pem',
  UpdateUrls: false,
  PostgresPasswordFormat: 'md5',
  UsernameCharacterLimit: '16',
  MariadbPasswordFormat: 'cleartext',
  SshHosts: '/opt/hosts.json',
  SshRsaBits: 4096,
  SshHostKeys: 'accept-new',
  SshKeepFileMode: true,
  SshOldKeyHours: 24,
  ApiKeyProvider: 'sendgrid',
  ApiKeyProviders: '/opt/providers.json',
  ApiKeyHosts: 'api.sendgrid.com',
  ApiKeyPrivateHosts: 'git.example.com',
  ApiKeyRevokeFirst: true,
  HttpCaBundle: '/opt/http.pem',
  OauthProvider: 'keycloak',
  OauthProviders: '/opt/oauth.json',
  OauthHosts: 'keycloak=sso.example.com',
  OauthPrivateHosts: 'sso.example.com',
  OauthRevokeFirst: true,
  ValueFields: 'key',
  ValueFormat: 'alphabet',
  ValueBytes: 64,
  ValueAlphabet: 'ABCDEFGHJKMNPQRSTVWXYZ',
  ValueCheck: 'off',
}

/** The options of a construct: those of the samples, and those of CDK. */
function optionsIn(stack: Stack): (id: FunctionName) => object {
  const secret = Secret.fromSecretCompleteArn(stack, 'Superuser', arn.secret)
  PermissionsBoundary.of(stack).apply(ManagedPolicy.fromManagedPolicyArn(stack, 'Boundary', arn.boundary))
  const lists: Readonly<Record<string, readonly unknown[]>> = {
    SuperuserSecretArns: [secret],
    AdminSecretArns: [secret],
    IamUserArns: [arn.user],
  }
  const common = {
    alarmTopic: Topic.fromTopicArn(stack, 'Operators', arn.topic),
    encryptionKeys: [Key.fromKeyArn(stack, 'Key', arn.key)],
    vpc: Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-0a1b2c3d', availabilityZones: ['us-east-1a'] }),
    vpcSubnets: { subnets: [Subnet.fromSubnetId(stack, 'Subnet', 'subnet-0a1b2c3d')] },
    securityGroups: [SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-0a1b2c3d')],
    layers: [LayerVersion.fromLayerVersionArn(stack, 'Layer', arn.layer)],
    logRetention: 365,
    secretsManagerEndpoint: 'https://vpce-1.example.com',
  }
  const of = (name: string) => [made.parameters[name]?.key, lists[name] ?? samples[name]]
  return (id) => ({ ...common, ...Object.fromEntries(made.functions[id].parameters.map(of)) })
}

/** The stack of the template, and one of CDK that was told the same, with all functions. */
function both(values: Values, options: typeof optionsIn, app?: App): [Deployed, Deployed] {
  const made = stackOf((stack) => {
    const of = options(stack)
    for (const id of ids) {
      const props = { function: id, functionName: `keyturn-${id}`, zip: zipOf(id), ...of(id) }
      new RotationFunction(stack, id, props as RotationFunctionProps)
    }
  }, app)
  return [deploy(template, values), deployed(made)]
}

const told: Values = {
  ...Object.fromEntries(Object.entries(samples).map(([name, value]) => [name, String(value)])),
  AlarmTopicArn: arn.topic,
  KmsKeyArns: arn.key,
  SubnetIds: 'subnet-0a1b2c3d',
  SecurityGroupIds: 'sg-0a1b2c3d',
  SuperuserSecretArns: arn.secret,
  AdminSecretArns: arn.secret,
  IamUserArns: arn.user,
  LayerArns: arn.layer,
  PermissionsBoundaryArn: arn.boundary,
  LogRetentionDays: 365,
  SecretsManagerEndpoint: 'https://vpce-1.example.com',
}
const stacks = {
  'told nothing': both({}, () => () => ({})),
  'told everything': both(told, optionsIn, appWith({ checked: true })),
}

describe.each(Object.entries(stacks))('a RotationFunction that is %s', (_how, [wanted, made]) => {
  it.each(ids)('%s has the code, variables, network and limits that the template gives it', (id) => {
    const { CodeUri, Role, ...properties } = asDeployed(wanted.resources[id]?.Properties ?? {})
    const { Code, Role: role, ...own } = functionOf(made, id)
    expect(own).toEqual(properties)
    expect(own).not.toHaveProperty('ReservedConcurrentExecutions')
    expect(Code).toMatchObject({ S3Key: expect.stringMatching(/^[0-9a-f]{64}\.zip$/) })
    expect(role).toBe(`arn:aws:iam::000000000000:role/keyturn-${roleOf(made, id)}`)
  })

  it.each(ids)('the role of %s allows what the template allows, statement by statement', (id) => {
    // The template has one policy for the networks of all functions, which speaks of all their names.
    const ofAll = (text: string) => text.replaceAll('function:keyturn-*', `function:keyturn-${id}`)
    const statements = (stack: Deployed, role: string) => statementsOfRole(stack, role).map(comparable)
    expect(statements(made, roleOf(made, id)).sort()).toEqual(statements(wanted, `${id}Role`).map(ofAll).sort())
    const { AssumeRolePolicyDocument, PermissionsBoundary } = made.resources[roleOf(made, id)]?.Properties ?? {}
    expect(PermissionsBoundary).toEqual(wanted.resources[`${id}Role`]?.Properties.PermissionsBoundary)
    const trusted = (document: Value | undefined) => statementsOf(document).map(comparable)
    expect(trusted(AssumeRolePolicyDocument)).toEqual(
      trusted(wanted.resources[`${id}Role`]?.Properties.AssumeRolePolicyDocument),
    )
  })

  it.each(ids)('Secrets Manager of the account alone may invoke %s', (id) => {
    const { Properties } = wanted.resources[`${id}Permission`] ?? {}
    expect(those(made, 'AWS::Lambda::Permission', id)).toEqual([Properties])
  })

  it.each(ids)('%s has the alarms that the template has where somebody is told', (id) => {
    const alarms = ['Errors', 'Throttles', 'Duration'].flatMap((part) => wanted.resources[id + part]?.Properties ?? [])
    expect(alarms).toHaveLength(_how === 'told nothing' ? 0 : 3)
    expect(those(made, 'AWS::CloudWatch::Alarm', id)).toEqual(alarms)
  })

  it.each(ids)('%s has a log group of its own, which goes with it', (id) => {
    const { Condition, ...group } = wanted.resources[`${id}Logs`] ?? { Condition: '' }
    const name = `/aws/lambda/keyturn-${id}`
    const groups = Object.values(made.resources).filter(({ Properties }) => Properties.LogGroupName === name)
    expect(groups).toEqual([group])
  })

  it('a stack has no other resources', () => {
    const per = _how === 'told nothing' ? 4 : 7
    expect(Object.keys(made.resources)).toHaveLength(per * ids.length)
  })
})

describe('a RotationWatch', () => {
  const events = ['RotationFailed', 'RotationAbandoned', 'TestRotationFailed']
  const wanted = deploy(template, { AlarmEmail: 'ops@example.com' })
  const own = deployed(
    stackOf((stack) => {
      new RotationWatch(stack, 'Watch', { topic: new Topic(stack, 'AlarmTopic', { displayName: 'Keyturn' }) })
    }),
  )
  // CDK adds to a name.
  const named = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll(/keyturn-AlarmTopic\w*/g, 'operators'))
  const ofType = (type: string) => Object.values(own.resources).filter(({ Type }) => Type === type)

  it('tells the topic what the template tells, in its words', () => {
    const rules = events.map((id) => wanted.resources[id]?.Properties)
    expect(named(ofType('AWS::Events::Rule').map(({ Properties }) => Properties))).toEqual(named(rules))
  })

  it('lets EventBridge and alarms publish to the topic, as the template does', () => {
    const statements = (properties: Mapping | undefined) =>
      named(statementsOf(properties?.PolicyDocument)).map(({ Sid, ...statement }) => comparable(statement))
    const [policy, ...more] = ofType('AWS::SNS::TopicPolicy')
    expect(more).toEqual([])
    expect(statements(policy?.Properties)).toEqual(statements(wanted.resources.AlarmTopicPolicy?.Properties))
  })
})

describe('options that the template refuses', () => {
  const stack = new Stack(appWith(), 'refused')
  const wrong: readonly [FunctionName, Values][] = [
    ['PostgresSingleUser', { PasswordLength: 4 }],
    ['PostgresSingleUser', { DatabaseCaBundle: 'ca.pem' }],
    ['PostgresSingleUser', { ExcludeLowercase: 'true', ExcludeUppercase: 'true', ExcludeNumbers: 'true' }],
    ['GeneratedValue', { ValueFormat: 'alphabet' }],
    ['GeneratedValue', { ValueAlphabet: 'ABCDEFGHJKMNPQ' }],
    ['SshKey', { SshRsaBits: 1024 }],
    ['IamAccessKey', { IamUserArns: 'arn:aws:iam::000000000000:user/*' }],
    ['MysqlSingleUser', { UsernameCharacterLimit: 'many' }],
  ]

  it.each(wrong)('are refused, with its sentence: %s, %o', (id, values) => {
    const [sentence = ''] = refusals(template, values)
    const options = Object.entries(values).map(([name, value]) => {
      const { key = '', Type } = made.parameters[name] ?? {}
      return [key, Type === 'CommaDelimitedList' ? [value] : value]
    })
    const props = { function: id, zip: zipOf(id), ...Object.fromEntries(options) } as RotationFunctionProps
    const why = /failed to satisfy constraint/.test(sentence)
      ? /must be from \d+ to \d+\./
      : sentence.replace(/^Parameter \w+ /, '')
    expect(() => new RotationFunction(stack, JSON.stringify(values), props)).toThrow(why)
  })

  it.each([
    [{ timeout: Duration.seconds(10) }, 'timeout is "10". It must be from 30 to 900.'],
    [{ timeout: Duration.minutes(20) }, 'timeout is "1200". It must be from 30 to 900.'],
    [{ timeout: 60 as unknown as Duration }, 'timeout is 60. It must be a Duration of aws-cdk-lib'],
    [{ memorySize: 64 }, 'memorySize is "64". It must be from 128 to 3008.'],
    [{ logRetention: 2 as RetentionDays }, 'logRetention is "2". It must be one of 1, 3, 5,'],
    [{ secretsManagerEndpoint: 'http://vpce-1' }, 'secretsManagerEndpoint is "http://vpce-1". It must be empty or'],
    [{ functionName: '' }, 'functionName must be a text'],
  ])('are refused under the names that they have in CDK: %o', (option, why) => {
    const props = { function: 'PostgresSingleUser', zip: zipOf('PostgresSingleUser'), ...option } as const
    expect(() => new RotationFunction(stack, why, props)).toThrow(why)
  })

  it('a superuser secret that is known by its name alone is refused, and the error says what to take', () => {
    const superuserSecrets = [Secret.fromSecretNameV2(stack, 'Named', 'superuser')]
    const props = {
      function: 'PostgresAlternatingUsers',
      zip: zipOf('PostgresAlternatingUsers'),
      superuserSecrets,
    } as const
    expect(() => new RotationFunction(stack, 'Unknown', props)).toThrow('fromSecretCompleteArn')
  })

  it.each([
    [
      undefined,
      /^RotationFunction: the option function is missing\. There is: PostgresSingleUser, .*GeneratedValue\.$/,
    ],
    [{}, /^RotationFunction: the option function is missing\. There is: PostgresSingleUser, /],
    [{ function: 'PostgresSingle' }, /there is no function PostgresSingle\. There is: PostgresSingleUser, /],
    [{ function: 'Overdue' }, /there is no function Overdue\. There is: /],
    [{ function: 'constructor' }, /there is no function constructor\. There is: /],
    [
      { function: 'SshKey', sshHost: 'x' },
      /RotationFunction SshKey has no option sshHost\. It has: sshHosts, .*zip\.$/,
    ],
    [
      { function: 'SshKey', passwordLength: 9 },
      /has no option passwordLength, which is one of PostgresSingleUser, .*It has: /,
    ],
  ])('are refused, though JavaScript would take them, with the names that there are: %o', (props, why) => {
    const make = () => new RotationFunction(stack, `Untyped ${JSON.stringify(props)}`, props as RotationFunctionProps)
    expect(make).toThrow(why)
  })

  it('an option that is undefined counts as left out', () => {
    const props = { function: 'SshKey', zip: zipOf('SshKey'), passwordLength: undefined }
    expect(new RotationFunction(stack, 'Left out', props as RotationFunctionProps).alarms).toEqual([])
  })

  it('logs can be kept for ever', () => {
    const props = { function: 'SshKey', zip: zipOf('SshKey'), logRetention: RetentionDays.INFINITE } as const
    const made = stackOf((stack) => new RotationFunction(stack, 'Rotation', props))
    expect(Object.values(made.findResources('AWS::Logs::LogGroup'))[0]?.Properties).not.toHaveProperty(
      'RetentionInDays',
    )
  })

  it.each([
    [undefined, 'RotationWatch takes an object with options: topic.'],
    [{}, 'RotationWatch: the option topic is missing'],
    [{ alarmTopic: 'x' }, 'RotationWatch has no option alarmTopic. It has: topic.'],
  ])('a RotationWatch without a topic is refused: %o', (props, why) => {
    const make = () => new RotationWatch(stack, `Watch ${JSON.stringify(props)}`, props as unknown as { topic: ITopic })
    expect(make).toThrow(why)
  })

  it('an option of another function does not compile', () => {
    const props: RotationFunctionProps[] = [
      { function: 'PostgresSingleUser', passwordLength: 40 },
      // @ts-expect-error: it reads no superuser secret
      { function: 'PostgresSingleUser', superuserSecrets: [] },
      // @ts-expect-error: there are no passwords in it
      { function: 'SshKey', passwordLength: 40 },
      // @ts-expect-error: a word that it does not know
      { function: 'PostgresSingleUser', postgresPasswordFormat: 'plain' },
      // @ts-expect-error: there is no such function
      { function: 'OracleSingleUser' },
    ]
    expect(props).toHaveLength(5)
  })
})

function functionOf({ resources }: Deployed, id: string): Mapping {
  const found = Object.values(resources).find(
    ({ Properties }) => Properties.FunctionName === `keyturn-${id}` && Properties.Handler,
  )
  return found?.Properties ?? {}
}

function roleOf({ resources }: Deployed, id: string): string {
  const found = Object.keys(resources).filter((name) => new RegExp(`^${id}Role[0-9A-F]{8}$`).test(name))
  expect(found).toHaveLength(1)
  return String(found[0])
}

/** Of a function: what its name is in. */
function those({ resources }: Deployed, type: string, id: string): Mapping[] {
  return Object.values(resources)
    .filter(({ Type, Properties }) => Type === type && JSON.stringify(Properties).includes(`"keyturn-${id}"`))
    .map(({ Properties }) => Properties)
}
