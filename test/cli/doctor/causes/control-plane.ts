import { StartLoggingCommand, StopLoggingCommand } from '@aws-sdk/client-cloudtrail'
import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { DisableRuleCommand, EnableRuleCommand } from '@aws-sdk/client-eventbridge'
import { PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { CreateKeyCommand, DisableKeyCommand, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms'
import { DeleteFunctionCommand, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda'
import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DeleteSecretCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  ReplicateSecretToRegionsCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { arnOfFunction } from '../../../../local/secrets-manager/arns.ts'
import { type Case, failing } from '../case.ts'
import { policy, statementsOf } from '../set-up.ts'

/** Causes that AWS's own services tell of. */
export const controlPlaneCases: readonly Case[] = [
  {
    cause: 3,
    how: 'a timeout of 3 s, and Lambda says that it ran out',
    certainty: 'sure',
    says: /3 s\..*Task timed out/s,
    async make(world) {
      const made = await world.setUp({ deployed: { timeoutSeconds: 3 }, invoke: failing })
      await world.log(made.functionName, ['2026-11-28T06:00:00.000Z 8f507cfc Task timed out after 3.00 seconds'])
      return made
    },
  },
  {
    cause: 7,
    how: 'a key that is disabled',
    certainty: 'sure',
    says: /Disabled/,
    async make({ account, setUp }) {
      const { KeyMetadata } = await account.clients.kms.send(new CreateKeyCommand({}))
      const KeyId = KeyMetadata?.KeyId ?? ''
      await account.clients.kms.send(new DisableKeyCommand({ KeyId }))
      return setUp({ secret: { KmsKeyId: KeyId } })
    },
  },
  {
    cause: 7,
    how: 'a key that is to be deleted',
    certainty: 'sure',
    says: /PendingDeletion.*cancel-key-deletion/s,
    async make({ account, setUp }) {
      const { KeyMetadata } = await account.clients.kms.send(new CreateKeyCommand({}))
      const KeyId = KeyMetadata?.KeyId ?? ''
      await account.clients.kms.send(new ScheduleKeyDeletionCommand({ KeyId }))
      return setUp({ secret: { KmsKeyId: KeyId } })
    },
  },
  {
    cause: 7,
    how: 'a role without the right to decrypt',
    certainty: 'sure',
    says: /kms:Decrypt, kms:GenerateDataKey/,
    async make({ account, setUp }) {
      const { KeyMetadata } = await account.clients.kms.send(new CreateKeyCommand({}))
      const made = await setUp({ secret: { KmsKeyId: KeyMetadata?.KeyId ?? '' } })
      const [onSecrets = {}] = statementsOf(made.functionName)
      const own = { RoleName: made.roleName, PolicyName: 'rotate', PolicyDocument: policy([onSecrets]) }
      await account.clients.iam.send(new PutRolePolicyCommand(own))
      return made
    },
  },
  {
    cause: 13,
    how: 'a handler that names no module',
    certainty: 'sure',
    says: /handler/i,
    make: ({ setUp }) => setUp({ deployed: { handler: 'handler' } }),
  },
  {
    cause: 13,
    how: 'Lambda cannot import the module',
    certainty: 'sure',
    says: /ImportModuleError/,
    async make(world) {
      const made = await world.setUp({ invoke: failing })
      const line = '{"timestamp":"","level":"ERROR","message":"","errorType":"Runtime.ImportModuleError"}'
      await world.log(made.functionName, [line])
      return made
    },
  },
  {
    cause: 14,
    how: 'python3.9',
    certainty: 'note',
    says: /deprecated python3\.9 on 2025-12-15/,
    make: ({ setUp }) => setUp({ deployed: { runtime: 'python3.9', handler: 'lambda_function.lambda_handler' } }),
  },
  {
    cause: 15,
    how: 'Secrets Manager refuses a value that came without the RotationToken',
    certainty: 'sure',
    says: /RotationToken to PutSecretValue/,
    hoursLater: 3,
    async make({ account, setUp }) {
      const made = await setUp({
        invoke: failing,
        deployed: { runtime: 'python3.12', handler: 'lambda_function.lambda_handler' },
      })
      const errorMessage =
        'Pending secret version was not created by Lambda. Remove the AWSPENDING staging label and restart rotation.'
      const by = 'secretsmanager.amazonaws.com'
      account.made.push({ time: Date.now(), name: 'RotationFailed', secretId: made.arn, by, errorMessage })
      return made
    },
  },
  {
    cause: 16,
    how: 'reserved concurrency of 1',
    certainty: 'sure',
    says: /Reserved concurrency: 1.*delete-function-concurrency/s,
    async make({ account, setUp }) {
      const made = await setUp()
      const input = { FunctionName: made.functionName, ReservedConcurrentExecutions: 1 }
      await account.clients.lambda.send(new PutFunctionConcurrencyCommand(input))
      return made
    },
  },
  {
    cause: 16,
    how: 'Lambda has refused to start it',
    certainty: 'sure',
    says: /refused to start it 7 times/,
    async make({ account, setUp }) {
      const made = await setUp()
      const Dimensions = [{ Name: 'FunctionName', Value: made.functionName }]
      const MetricData = [
        { MetricName: 'Throttles', Dimensions, Value: 7, Timestamp: new Date(Date.now() - 7_200_000) },
      ]
      await account.clients.metrics.send(new PutMetricDataCommand({ Namespace: 'AWS/Lambda', MetricData }))
      return made
    },
  },
  {
    cause: 17,
    how: 'a value is stored by hand while a rotation runs',
    certainty: 'sure',
    says: /role-of-somebody.*PutSecretValue.*abandoned/s,
    async make(world) {
      let free = () => {}
      const hold = new Promise<void>((resolve) => (free = resolve))
      const made = await world.setUp({ rotation: false, invoke: () => hold.then(failing) })
      const { secrets } = world.account.clients
      const rotation = {
        RotationLambdaARN: arnOfFunction(made.functionName),
        RotationRules: { AutomaticallyAfterDays: 30 },
      }
      await secrets.send(new RotateSecretCommand({ SecretId: made.arn, ...rotation }))
      const time = Date.now()
      await secrets.send(new PutSecretValueCommand({ SecretId: made.arn, SecretString: 'by hand' }))
      const by = 'arn:aws:sts::000000000000:assumed-role/role-of-somebody/me'
      world.account.made.push({ time, name: 'PutSecretValue', secretId: made.arn, by })
      free()
      return made
    },
  },
  {
    cause: 18,
    how: 'AWSPENDING is left over from a rotation that failed',
    certainty: 'sure',
    says: /has AWSPENDING since 3 h/,
    hoursLater: 3,
    make: ({ setUp }) => setUp({ invoke: failing }),
  },
  {
    cause: 20,
    how: 'no policy of the function',
    certainty: 'sure',
    says: /add-permission/,
    make: ({ setUp }) => setUp({ deployed: { permission: false } }),
  },
  {
    cause: 20,
    how: 'a policy for another account',
    certainty: 'sure',
    says: /of account 000000000000/,
    make: ({ setUp }) => setUp({ deployed: { permission: { account: '111111111111' } } }),
  },
  {
    cause: 21,
    how: 'a role that may only read',
    certainty: 'sure',
    says: /may not call secretsmanager:PutSecretValue, secretsmanager:UpdateSecretVersionStage/,
    make: ({ setUp }) =>
      setUp({
        deployed: {
          statements: [
            {
              Effect: 'Allow',
              Action: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
              Resource: '*',
            },
          ],
        },
      }),
  },
  {
    cause: 21,
    how: 'a policy of the organization',
    certainty: 'sure',
    says: /policy of the organization/,
    make({ account, setUp }) {
      account.organizationAllows = false
      return setUp()
    },
    undo: async ({ account }) => {
      account.organizationAllows = true
    },
  },
  {
    cause: 25,
    how: 'rotation without a schedule',
    certainty: 'sure',
    says: /no schedule/,
    async make({ account, setUp }) {
      const made = await setUp({ rotation: false })
      const RotationLambdaARN = arnOfFunction(made.functionName)
      await account.clients.secrets.send(new RotateSecretCommand({ SecretId: made.arn, RotationLambdaARN }))
      await account.local.settled()
      return made
    },
  },
  {
    cause: 25,
    how: 'the first window has not come',
    certainty: 'note',
    says: /has not been rotated yet/,
    make: ({ setUp }) => setUp({ rotation: { RotateImmediately: false } }),
  },
  {
    cause: 26,
    how: 'a hundred versions in a day',
    certainty: 'sure',
    says: /100 versions, 100 of them younger/,
    async make({ account, setUp }) {
      const made = await setUp()
      for (let count = 0; count < 98; count++)
        await account.clients.secrets.send(new PutSecretValueCommand({ SecretId: made.arn, SecretString: `${count}` }))
      return made
    },
  },
  {
    cause: 27,
    how: 'a secret that is deleted',
    certainty: 'sure',
    says: /restore-secret/,
    async make({ account, setUp }) {
      const made = await setUp()
      await account.clients.secrets.send(new DeleteSecretCommand({ SecretId: made.arn }))
      return { name: made.arn }
    },
  },
  {
    cause: 27,
    how: 'a replica',
    certainty: 'sure',
    says: /replica in eu-west-1 of a secret in us-east-1/,
    async make({ account }) {
      account.secretsBy = 'moto'
      const { clients } = account
      const AddReplicaRegions = [{ Region: 'eu-west-1' }]
      const { ARN = '' } = await clients.secrets.send(
        new CreateSecretCommand({ Name: 'copied', SecretString: 'x', AddReplicaRegions }),
      )
      return { name: ARN.replace('us-east-1', 'eu-west-1') }
    },
    args: ['--region', 'eu-west-1'],
    undo: async ({ account }) => {
      account.secretsBy = 'local'
    },
  },
  {
    cause: 28,
    how: 'rotation is switched off',
    certainty: 'sure',
    says: /switched off/,
    async make({ account, setUp }) {
      const made = await setUp()
      await account.clients.secrets.send(new CancelRotateSecretCommand({ SecretId: made.arn }))
      return made
    },
  },
  {
    cause: 28,
    how: 'rotation was never set up',
    certainty: 'sure',
    says: /never set up/,
    make: ({ setUp }) => setUp({ rotation: false }),
  },
  {
    cause: 28,
    how: 'the window is over',
    certainty: 'likely',
    says: /was due by/,
    hoursLater: 40 * 24,
    make: ({ setUp }) => setUp(),
  },
  {
    cause: 31,
    how: 'a secret of the same name where the replica should be',
    certainty: 'sure',
    says: /replica in eu-west-1 failed/,
    async make({ account }) {
      account.secretsBy = 'moto'
      const { clients, endpoint } = account
      const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
      const there = new SecretsManagerClient({ endpoint, region: 'eu-west-1', credentials })
      await there.send(new CreateSecretCommand({ Name: 'taken', SecretString: 'x' }))
      await clients.secrets.send(new CreateSecretCommand({ Name: 'taken', SecretString: 'x' }))
      const AddReplicaRegions = [{ Region: 'eu-west-1' }]
      await clients.secrets.send(new ReplicateSecretToRegionsCommand({ SecretId: 'taken', AddReplicaRegions }))
      return { name: 'taken' }
    },
    undo: async ({ account }) => {
      account.secretsBy = 'local'
    },
  },
  {
    cause: 33,
    how: 'the trail is switched off',
    certainty: 'note',
    says: /No trail/,
    async make({ account, setUp }) {
      await account.clients.trail.send(new StopLoggingCommand({ Name: 'all' }))
      return setUp()
    },
    undo: ({ account }) => account.clients.trail.send(new StartLoggingCommand({ Name: 'all' })),
  },
  {
    cause: 33,
    how: 'the rule is switched off',
    certainty: 'note',
    says: /RotationFailed is switched off/,
    async make({ account, setUp }) {
      await account.clients.events.send(new DisableRuleCommand({ Name: 'RotationFailed' }))
      return setUp()
    },
    undo: ({ account }) => account.clients.events.send(new EnableRuleCommand({ Name: 'RotationFailed' })),
  },
  {
    cause: 34,
    how: "the secret's policy denies the role",
    certainty: 'sure',
    says: /denies secretsmanager:PutSecretValue to the role/,
    async make({ account, setUp }) {
      const made = await setUp()
      const AWS = `arn:aws:iam::000000000000:role/${made.roleName}`
      const deny = { Effect: 'Deny', Principal: { AWS }, Action: 'secretsmanager:PutSecretValue', Resource: '*' }
      const input = { SecretId: made.arn, ResourcePolicy: policy([deny]) }
      await account.clients.secrets.send(new PutResourcePolicyCommand(input))
      return made
    },
  },
  {
    cause: 35,
    how: 'the function was deleted',
    certainty: 'sure',
    says: /There is no function/,
    async make({ account, setUp }) {
      const made = await setUp()
      await account.clients.lambda.send(new DeleteFunctionCommand({ FunctionName: made.functionName }))
      return made
    },
  },
]
