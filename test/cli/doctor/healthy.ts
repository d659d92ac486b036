import { setTimeout as sleep } from 'node:timers/promises'
import { CreateKeyCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms'
import { AddPermissionCommand, PutFunctionConcurrencyCommand, RemovePermissionCommand } from '@aws-sdk/client-lambda'
import { PutResourcePolicyCommand, PutSecretValueCommand, RotateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { arnOfFunction } from '../../../local/secrets-manager/arns.ts'
import { createRole } from '../../functions/postgres/roles.ts'
import { postgresServer } from '../../support/postgres.ts'
import { failing } from './case.ts'
import { vpc } from './ground.ts'
import { policy, type SetUp, type World } from './set-up.ts'

const key = async ({ account }: World) =>
  (await account.clients.kms.send(new CreateKeyCommand({}))).KeyMetadata?.KeyId ?? ''
/** A step takes its time; a probe does not. */
const stepsHang = (event: unknown) =>
  'Step' in Object(event) ? sleep(10_000).then(failing) : Promise.resolve({ ok: true as const, logs: '', answer: null })
const roleArn = ({ roleName }: SetUp) => `arn:aws:iam::000000000000:role/${roleName}`
const cron = (ScheduleExpression: string, Duration?: string) => ({
  rotation: { RotationRules: { ScheduleExpression, ...(Duration && { Duration }) } },
})

/** Set-ups with which nothing is wrong, as different as they are in the field. Each gives a secret. */
export const healthy: Readonly<Record<string, (world: World) => Promise<Pick<SetUp, 'name'>>>> = {
  'a function in no VPC': ({ setUp }) => setUp(),
  'a VPC with an endpoint': ({ setUp, ground }) => setUp({ deployed: { vpc: ground.closed } }),
  'a VPC with NAT': ({ setUp, ground }) => setUp({ deployed: { vpc: ground.open } }),
  'an endpoint in a subnet of its own': async ({ setUp, account }) =>
    setUp({ deployed: { vpc: await vpc(account.clients.ec2, { range: '10.200', endpoint: { apart: true } }) } }),
  'an endpoint whose policy lets the organization in': async ({ setUp, account }) => {
    const condition = { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } }
    const all = { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*', Condition: condition }
    const made = await vpc(account.clients.ec2, { range: '10.201', endpoint: { policy: policy([all]) } })
    return setUp({ deployed: { vpc: made } })
  },
  'a rate of days': ({ setUp }) => setUp(cron('rate(7 days)')),
  'a rate of hours': ({ setUp }) => setUp(cron('rate(8 hours)', '2h')),
  'a window on the first Monday': ({ setUp }) => setUp(cron('cron(0 3 ? * MON#1 *)', '4h')),
  'a key of its own': async (world) => world.setUp({ secret: { KmsKeyId: await key(world) } }),
  'a key whose policy alone lets the role in': async (world) => {
    const KeyId = await key(world)
    const made = await world.setUp({ secret: { KmsKeyId: KeyId } })
    const use = {
      Effect: 'Allow',
      Principal: { AWS: roleArn(made) },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: '*',
    }
    const own = {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::000000000000:root' },
      Action: 'kms:*',
      Resource: '*',
    }
    await world.account.clients.kms.send(
      new PutKeyPolicyCommand({ KeyId, PolicyName: 'default', Policy: policy([own, use]) }),
    )
    return made
  },
  'a secret whose policy alone lets the role in': async (world) => {
    const made = await world.setUp({ deployed: { statements: [{ Effect: 'Allow', Action: 'logs:*', Resource: '*' }] } })
    const grant = { Effect: 'Allow', Principal: { AWS: roleArn(made) }, Action: 'secretsmanager:*', Resource: '*' }
    await world.account.clients.secrets.send(
      new PutResourcePolicyCommand({ SecretId: made.arn, ResourcePolicy: policy([grant]) }),
    )
    return made
  },
  'a secret whose policy denies everybody else': async (world) => {
    const made = await world.setUp()
    const condition = { ArnNotEquals: { 'aws:PrincipalArn': [roleArn(made)] } }
    const deny = {
      Effect: 'Deny',
      Principal: '*',
      Action: 'secretsmanager:GetSecretValue',
      Resource: '*',
      Condition: condition,
    }
    await world.account.clients.secrets.send(
      new PutResourcePolicyCommand({ SecretId: made.arn, ResourcePolicy: policy([deny]) }),
    )
    return made
  },
  'a permission for this secret alone': async (world) => {
    const made = await world.setUp()
    const { lambda } = world.account.clients
    const about = { FunctionName: made.functionName, StatementId: 'sm' }
    await lambda.send(new RemovePermissionCommand(about))
    const by = { Principal: 'secretsmanager.amazonaws.com', SourceArn: made.arn }
    await lambda.send(new AddPermissionCommand({ ...about, Action: 'lambda:InvokeFunction', ...by }))
    return made
  },
  'a role with many rights and a Deny on something else': ({ setUp }) =>
    setUp({
      deployed: {
        statements: [
          { Effect: 'Allow', Action: '*', Resource: '*' },
          { Effect: 'Deny', Action: 'secretsmanager:DeleteSecret', Resource: '*' },
        ],
      },
    }),
  'a function of AWS in Python': ({ setUp }) =>
    setUp({ deployed: { runtime: 'python3.13', handler: 'lambda_function.lambda_handler' } }),
  'twenty reserved': async (world) => {
    const made = await world.setUp()
    const input = { FunctionName: made.functionName, ReservedConcurrentExecutions: 20 }
    await world.account.clients.lambda.send(new PutFunctionConcurrencyCommand(input))
    return made
  },
  'forty versions': async (world) => {
    const made = await world.setUp()
    for (let count = 0; count < 38; count++)
      await world.account.clients.secrets.send(
        new PutSecretValueCommand({ SecretId: made.arn, SecretString: `${count}` }),
      )
    return made
  },
  'a value that was stored by hand between rotations': async (world) => {
    const made = await world.setUp()
    await world.account.clients.secrets.send(
      new PutSecretValueCommand({ SecretId: made.arn, SecretString: 'stored-by-hand' }),
    )
    const by = 'arn:aws:iam::000000000000:user/me'
    world.account.made.push({ time: Date.now() + 2_000, name: 'PutSecretValue', secretId: made.arn, by })
    return made
  },
  'a first attempt that failed, and a second that did not': async (world) => {
    let calls = 0
    world.fault = ({ operation, caller }) =>
      operation === 'PutSecretValue' && caller.startsWith('keyturn') && calls++ === 0
        ? { type: 'AccessDeniedException', message: 'not yet' }
        : undefined
    const made = await world.setUp()
    await world.account.clients.secrets.send(new RotateSecretCommand({ SecretId: made.arn })).catch(() => undefined)
    await world.settled()
    world.fault = () => undefined
    return made
  },
  'a login of PostgreSQL that was rotated': async ({ setUp }) => {
    const server = await postgresServer(18)
    const { username, password } = await createRole(server)
    const { host, port, ca } = server
    const value = JSON.stringify({ engine: 'postgres', host, port, username, password, dbname: 'postgres' })
    return setUp({ module: 'functions/postgres/single-user.ts', env: { DATABASE_CA_BUNDLE: ca }, value })
  },
  'a rotation that is under way': async (world) => {
    const made = await world.setUp({ rotation: false, keepsRunning: true, invoke: stepsHang })
    const rotation = {
      RotationLambdaARN: arnOfFunction(made.functionName),
      RotationRules: { AutomaticallyAfterDays: 30 },
    }
    await world.account.clients.secrets.send(new RotateSecretCommand({ SecretId: made.arn, ...rotation }))
    return made
  },
}
