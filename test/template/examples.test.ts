import { globSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import sendgrid from '../../functions/api-key/providers/sendgrid.json' with { type: 'json' }
import { apiKeyKind } from '../../functions/api-key/secret-type.ts'
import { parseAccessKeySecret } from '../../functions/iam/secret.ts'
import { mysql } from '../../functions/mysql/engine.ts'
import { parseOauthSecret } from '../../functions/oauth/secret.ts'
import { postgres } from '../../functions/postgres/engine.ts'
import { parseTarget } from '../../functions/ssh/target.ts'
import { targetOf } from '../../functions/transfer/target.ts'
import { rds } from '../../shared/aws/rds.ts'
import { alternatingUsers } from '../../shared/database/alternating-users.ts'
import { dualPassword } from '../../shared/database/dual-password.ts'
import { parseDatabaseSecret } from '../../shared/database/secret.ts'
import { parseDescribedSecret } from '../../shared/described/secret.ts'
import { parseKeySecret } from '../../shared/ssh-protocol/secret.ts'
import { type Mapping, type Resource, readTemplate, type Value } from '../../template/parsed.ts'
import { repositoryPath } from '../support/function-under-test.ts'
import { processRandom } from '../support/random.ts'
import { allows, denies, list, statementsOf, statementsOfRole } from './policies.ts'
import { account, deploy, type Stack, type Values } from './stack.ts'

const keyturn = deploy(readTemplate('template.yaml'), {}, { name: 'prod' })
const exported = Object.values(keyturn.outputs).map(({ exported: name, value }): [string, Value] => [
  String(name),
  value,
])
const imports = Object.fromEntries(exported)

const application = `arn:aws:iam::${account}:role/application`
const deployer = `arn:aws:iam::${account}:role/deployer`
const network = { SubnetIds: 'subnet-0a1b2c3d,subnet-1a1b2c3d', SecurityGroupIds: 'sg-0a1b2c3d' }
const parametersFor: Readonly<Record<string, Values>> = {
  'secret-with-schedule': network,
  'alternating-users': network,
  'dual-password': network,
  'ssh-fleet': {
    Hosts: '[{"host":"web1.example","host_keys":["SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"]}]',
    AdminSecretArn: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:admin-AbCdEf',
  },
  'transfer-user': { BucketName: 'files' },
  'api-key': { AdminSecretArn: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:admin-AbCdEf' },
  'iam-access-key': { BucketName: 'files' },
  'oauth-on-demand': { ClientId: 'app', ClientSecret: 'the-secret-of-the-client', Scope: 'read' },
  'msk-scram': {
    ClusterArn: `arn:aws:kafka:us-east-1:${account}:cluster/main/1234abcd-12ab-34cd-56ef-1234567890ab-1`,
    KeyArn: `arn:aws:kms:us-east-1:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`,
  },
  'key-and-policy': { ApplicationRoleArn: application, DeployerRoleArn: deployer },
}
/** It is about an application, and builds on nothing of Keyturn's stack. */
const ofApplications = 'restart-ecs'
const names = globSync('examples/*.yaml', { cwd: repositoryPath('') })
  .map((path) => path.slice(9, -5))
  .filter((name) => name !== ofApplications)

function example(name: string): Stack {
  const values = { KeyturnStack: 'prod', ...parametersFor[name] }
  return deploy(readTemplate(`examples/${name}.yaml`), values, { name: 'mine', imports })
}

function only(stack: Stack, type: string, count = 1): [string, Mapping][] {
  const found = Object.entries(stack.resources).filter(([, { Type }]) => Type === type)
  expect(found).toHaveLength(count)
  return found.map(([id, { Properties }]) => [id, Properties])
}

describe.each(names)('examples/%s.yaml', (name) => {
  it("builds on the template's outputs, and each schedule on the function for it", () => {
    expect(Object.keys(parametersFor)).toContain(name)
    const { resources } = example(name)
    const schedules = Object.values(resources).filter(({ Type }) => Type === 'AWS::SecretsManager::RotationSchedule')
    const functions = Object.values(keyturn.outputs).map(({ value }) => value)
    expect(schedules.length).toBeGreaterThan(0)
    for (const { Properties } of schedules) {
      expect(functions).toContain(Properties.RotationLambdaARN)
      expect(Properties.RotationLambdaARN).toMatch(/:function:prod-/)
    }
  })

  it('a schedule waits for the attachments and policies of all secrets that its function reads', () => {
    const { Resources } = readTemplate(`examples/${name}.yaml`)
    const secretOf = ({ Properties }: Resource) => String((Properties.SecretId as Mapping | undefined)?.Ref)
    for (const schedule of Object.values(Resources)) {
      if (schedule.Type !== 'AWS::SecretsManager::RotationSchedule') continue
      const rotated = secretOf(schedule)
      const template = JSON.stringify(Resources[rotated]?.Properties)
      // Its own, and the one that masterarn names.
      const reads = Object.keys(Resources).filter((id) => id === rotated || template.includes(`\${${id}}`))
      const [, reader] = /\}-(\w+)Arn"/.exec(JSON.stringify(schedule.Properties.RotationLambdaARN)) ?? []
      const needed = Object.entries(Resources).filter(([, other]) => {
        if (!reads.includes(secretOf(other))) return false
        if (other.Type === 'AWS::SecretsManager::SecretTargetAttachment') return true
        return other.Type.endsWith('::ResourcePolicy') && JSON.stringify(other.Properties).includes(`${reader}RoleArn`)
      })
      const waitsFor = list(schedule.DependsOn as Value).map(String)
      // Besides what its function uses outside of Secrets Manager.
      const ofSecrets = waitsFor.filter((id) => Resources[id]?.Type.startsWith('AWS::SecretsManager::'))
      expect(needed.map(([id]) => id).sort()).toEqual(ofSecrets.toSorted())
    }
  })

  it('a schedule rotates at once only where the first rotation makes the value', () => {
    const { Resources } = readTemplate(`examples/${name}.yaml`)
    const atOnce = Object.values(Resources).filter(
      ({ Type, Properties }) =>
        Type === 'AWS::SecretsManager::RotationSchedule' && Properties.RotateImmediatelyOnUpdate !== false,
    )
    expect(atOnce).toHaveLength(['ssh-fleet', 'transfer-user', 'api-key', 'oauth-on-demand'].includes(name) ? 1 : 0)
  })

  it("the name of the template's stack is a parameter", () => {
    expect(readTemplate(`examples/${name}.yaml`).Parameters.KeyturnStack?.Default).toBe('keyturn')
    const { resources } = example(name)
    expect(JSON.stringify(resources)).not.toContain('keyturn')
  })
})

describe('the secrets of the examples are taken by the functions', () => {
  /** The value of the secret once it has its generated password and, from the attachment, its server. */
  function secretValue({ resources }: Stack, id: string, attached: boolean): string {
    const { SecretStringTemplate, GenerateStringKey } = {
      ...(resources[id]?.Properties.GenerateSecretString as Mapping),
    }
    const fields = JSON.parse(String(SecretStringTemplate))
    const server = attached
      ? {
          engine: String(resources.Database?.Properties.Engine),
          host: 'mine-database.rds.example',
          port: 5432,
          dbname: 'example',
        }
      : {}
    return JSON.stringify({ ...fields, ...server, [String(GenerateStringKey)]: 'generated' })
  }

  it('a database secret has all its fields when it is attached, and not before', () => {
    const stack = example('secret-with-schedule')
    expect(() => parseDatabaseSecret(secretValue(stack, 'LoginSecret', false), postgres({}))).toThrow('host')
    expect(parseDatabaseSecret(secretValue(stack, 'LoginSecret', true), postgres({})).login.username).toBe('example')
  })

  for (const [name, engine, type, login] of [
    ['alternating-users', postgres({}), alternatingUsers(postgres({}), rds), 'app_clone'],
    ['dual-password', mysql({}), dualPassword(mysql({}), rds), 'app'],
  ] as const) {
    it(`${name}: the application's secret names the superuser's, and both the same server`, async () => {
      const stack = example(name)
      const own = parseDatabaseSecret(secretValue(stack, 'ApplicationSecret', false), engine)
      const superuser = parseDatabaseSecret(secretValue(stack, 'SuperuserSecret', true), engine)
      expect([own.login.host, own.login.port]).toEqual([superuser.login.host, superuser.login.port])
      expect(own.superuserArn).toBe(`arn:aws:secretsmanager:us-east-1:${account}:secret:mine-SuperuserSecret-AbCdEf`)
      const next = await type.create({ current: async () => own } as never, processRandom as never)
      expect(next.login.username).toBe(login)
    })
  }

  it('a fleet and a user of AWS Transfer Family begin without a key, and with all else that the functions need', () => {
    const fleet = parseKeySecret(secretValue(example('ssh-fleet'), 'FleetKey', false))
    expect(fleet.key).toBeUndefined()
    expect(parseTarget(fleet.json ?? {}, 'the secret', false)).toMatchObject({ username: 'deploy' })
    const user = parseKeySecret(secretValue(example('transfer-user'), 'UserKey', false))
    expect(user.key).toBeUndefined()
    expect(targetOf(user, 'us-east-1')).toMatchObject({ serverId: 's-0123456789abcdef0', username: 'partner' })
  })

  it('a key of an API begins without a value, and a user of IAM with its first key', () => {
    const mail = parseDescribedSecret(secretValue(example('api-key'), 'MailKey', false), apiKeyKind)
    expect(mail).toMatchObject({ value: undefined, provider: 'sendgrid', host: 'api.sendgrid.com' })
    expect(sendgrid.hosts).toContain(mail.host)
    const { resources } = example('iam-access-key')
    const user = parseAccessKeySecret(String(resources.UserKey?.Properties.SecretString))
    expect(user).toMatchObject({ id: 'AKIAIOSFODNN7EXAMPLE', secretKey: 'mine-FirstKey/secret', userName: 'uploader' })
  })

  it('a token that is renewed on demand may live shorter than its schedule, and is renewed before it has expired', () => {
    const stack = example('oauth-on-demand')
    const { resources } = stack
    const secret = parseOauthSecret(String(resources.Token?.Properties.SecretString))
    expect(secret).toMatchObject({ clientId: 'app', scope: 'read', json: { on_demand: true } })
    const { Target, ScheduleExpression } = { ...resources.OnDemand?.Properties } as {
      Target: Mapping
      ScheduleExpression: Value
    }
    const [, minutes] = /^rate\((\d+) minutes\)$/.exec(String(ScheduleExpression)) ?? []
    expect(Number(minutes)).toBeLessThan(60)
    expect(Number(minutes)).toBeGreaterThanOrEqual(30)
    const { SecretId } = JSON.parse(String(Target.Input)) as { SecretId: string }
    const statements = statementsOfRole(stack, 'OnDemandRole')
    expect(allows(statements, { action: 'secretsmanager:RotateSecret', resource: SecretId })).toBe(true)
    expect(allows(statements, { action: 'secretsmanager:PutSecretValue', resource: SecretId })).toBe(false)
  })

  it('a login of MSK has the name and the key that MSK asks for', () => {
    const { resources } = example('msk-scram')
    expect(resources.LoginSecret?.Properties).toMatchObject({
      Name: 'AmazonMSK_mine-app',
      KmsKeyId: expect.stringMatching(/:key\//),
    })
    expect(JSON.parse(secretValue(example('msk-scram'), 'LoginSecret', false))).toEqual({
      username: 'app',
      password: 'generated',
    })
    expect(resources.Association?.Properties.SecretArnList).toEqual([expect.stringContaining('AmazonMSK_mine-app')])
  })

  it('the login of a database is that of its secret, and generated passwords have no mark that RDS refuses', () => {
    for (const [name, secret] of [
      ['secret-with-schedule', 'LoginSecret'],
      ['alternating-users', 'SuperuserSecret'],
      ['dual-password', 'SuperuserSecret'],
    ] as const) {
      const { resources } = example(name)
      const arn = `arn:aws:secretsmanager:us-east-1:${account}:secret:mine-${secret}-AbCdEf`
      expect(resources.Database?.Properties).toMatchObject({
        MasterUsername: `{{resolve:secretsmanager:${arn}:SecretString:username}}`,
        MasterUserPassword: `{{resolve:secretsmanager:${arn}:SecretString:password}}`,
      })
      expect(resources[secret]?.Properties.GenerateSecretString).toMatchObject({ ExcludePunctuation: true })
    }
  })

  for (const [name, reader, other] of [
    ['alternating-users', 'PostgresAlternatingUsers', 'PostgresSingleUser'],
    ['dual-password', 'MysqlDualPassword', 'MysqlSingleUser'],
  ] as const) {
    it(`${name}: the superuser secret can be read by ${reader}, and by nobody else for this policy`, () => {
      const [[, policy] = ['', {}]] = only(example(name), 'AWS::SecretsManager::ResourcePolicy')
      const resource = String(policy.SecretId)
      const statements = statementsOf(policy.ResourcePolicy)
      const may = (principal: string, action: string) => allows(statements, { action, resource, principal })
      const role = String(imports[`prod-${reader}RoleArn`])
      expect(may(role, 'secretsmanager:GetSecretValue')).toBe(true)
      expect(may(role, 'secretsmanager:PutSecretValue')).toBe(false)
      expect(may(String(imports[`prod-${other}RoleArn`]), 'secretsmanager:GetSecretValue')).toBe(false)
      expect(policy.BlockPublicPolicy).toBe(true)
    })
  }
})

describe('examples/restart-ecs.yaml', () => {
  const SecretArn = `arn:aws:secretsmanager:us-east-1:${account}:secret:my/database-AbCdEf`
  const values = { SecretArn, Cluster: 'main', Service: 'web' }
  const stack = deploy(readTemplate(`examples/${ofApplications}.yaml`), values, { name: 'mine' })

  it('restarts the one service, and may do nothing else', () => {
    const service = `arn:aws:ecs:us-east-1:${account}:service/main/web`
    const may = (action: string, resource: string) =>
      allows(statementsOfRole(stack, 'RestartRole'), { action, resource })
    expect(may('ecs:UpdateService', service)).toBe(true)
    expect(may('ecs:UpdateService', `${service}-2`)).toBe(false)
    expect(may('ecs:DeleteService', service)).toBe(false)
    expect(stack.resources.Restart?.Properties.Definition).toMatchObject({
      States: { Restart: { Parameters: { Cluster: 'main', Service: 'web', ForceNewDeployment: true } } },
    })
    const [target] = list(stack.resources.Rotated?.Properties.Targets ?? [])
    const machine = String((target as Mapping).Arn)
    expect(allows(statementsOfRole(stack, 'RotatedRole'), { action: 'states:StartExecution', resource: machine })).toBe(
      true,
    )
  })

  it('listens to AWSCURRENT of the one secret', () => {
    expect(stack.resources.Rotated?.Properties.EventPattern).toEqual({
      source: ['aws.secretsmanager'],
      'detail-type': ['Secret Label Updated'],
      resources: [SecretArn],
      detail: { labelUpdated: ['AWSCURRENT'] },
    })
  })
})

describe('examples/key-and-policy.yaml', () => {
  const { resources } = example('key-and-policy')
  const rotating = String(imports['prod-GeneratedValueRoleArn'])
  const administrator = `arn:aws:iam::${account}:role/administrator`
  const everybody = { rotating, application, deployer, administrator }
  const secret = `arn:aws:secretsmanager:us-east-1:${account}:secret:example/signing-key-AbCdEf`
  const keyPolicy = statementsOf(resources.Key?.Properties.KeyPolicy)
  const secretPolicy = statementsOf(resources.Policy?.Properties.ResourcePolicy)
  const throughIt = {
    'kms:ViaService': 'secretsmanager.us-east-1.amazonaws.com',
    'kms:EncryptionContext:SecretARN': secret,
  }

  /** The principals that the key's policy allows an action. */
  function withKey(action: string, context: Record<string, string> = throughIt): string[] {
    return Object.entries(everybody)
      .filter(([, principal]) => allows(keyPolicy, { action: `kms:${action}`, resource: '*', principal, context }))
      .map(([who]) => who)
  }

  /** The principals that are not denied an action on the secret, even where IAM would allow everything. */
  function notDenied(action: string): string[] {
    return Object.entries(everybody)
      .filter(([, principal]) => {
        const context = { 'aws:PrincipalArn': principal }
        return !denies(secretPolicy, { action: `secretsmanager:${action}`, resource: secret, principal, context })
      })
      .map(([who]) => who)
  }

  it('the function and the application read the value, and nobody else, whatever IAM allows them', () => {
    expect(notDenied('GetSecretValue')).toEqual(['rotating', 'application'])
    expect(withKey('Decrypt')).toEqual(['rotating', 'application', 'deployer'])
    expect(withKey('GenerateDataKey')).toEqual(['rotating', 'deployer'])
  })

  it('the application needs no policy of its own, and the function has its rights from its role', () => {
    const read = { action: 'secretsmanager:GetSecretValue', resource: secret }
    expect(
      allows(secretPolicy, { ...read, principal: application, context: { 'aws:PrincipalArn': application } }),
    ).toBe(true)
    const context = { 'secretsmanager:resource/AllowRotationLambdaArn': String(imports['prod-GeneratedValueArn']) }
    expect(allows(statementsOfRole(keyturn, 'GeneratedValueRole'), { ...read, context })).toBe(true)
  })

  it('the key serves this secret through Secrets Manager, and nothing else', () => {
    expect(withKey('Decrypt', { ...throughIt, 'kms:ViaService': 's3.us-east-1.amazonaws.com' })).toEqual([])
    expect(withKey('Decrypt', {})).toEqual([])
    const other = secret.replace('signing-key', 'other-key')
    expect(withKey('Decrypt', { ...throughIt, 'kms:EncryptionContext:SecretARN': other })).toEqual([])
    const check = { ...throughIt, 'kms:EncryptionContext:SecretARN': 'RequestToValidateKeyAccess' }
    expect(withKey('GenerateDataKey', check)).toEqual(['rotating', 'deployer'])
  })

  it('nobody is locked out: administrators can change policies, key and secret', () => {
    for (const action of ['PutKeyPolicy', 'ScheduleKeyDeletion', 'CancelKeyDeletion', 'DisableKey', 'DescribeKey'])
      expect(withKey(action, {})).toContain('administrator')
    for (const action of [
      'DeleteResourcePolicy',
      'PutResourcePolicy',
      'PutSecretValue',
      'UpdateSecret',
      'DeleteSecret',
    ])
      expect(notDenied(action)).toContain('administrator')
  })
})
