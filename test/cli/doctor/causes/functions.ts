import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import type { Call } from '../../../../local/secrets-manager/service/calls.ts'
import { freePort } from '../../../../local/servers/free-port.ts'
import { rdsTag } from '../../../functions/postgres/rds.ts'
import { createRole } from '../../../functions/postgres/roles.ts'
import { postgresServer } from '../../../support/postgres.ts'
import { type Case, failing } from '../case.ts'
import type { World } from '../set-up.ts'

const singleUser = 'functions/postgres/single-user.ts'
const alternating = 'functions/postgres/alternating-users.ts'
const python = { runtime: 'python3.12', handler: 'lambda_function.lambda_handler' }

/** A login of a real server, as a secret, and the function that rotates it. */
async function postgres(world: World, fields: object = {}, module = singleUser, env: Record<string, string> = {}) {
  const server = await postgresServer(18)
  const { username, password } = await createRole(server)
  const { host, port } = server
  const value = JSON.stringify({ engine: 'postgres', host, port, username, password, dbname: 'postgres', ...fields })
  return world.setUp({ module, env: { DATABASE_CA_BUNDLE: server.ca, ...env }, value })
}

/** A secret of a superuser, in the form that RDS manages where it has no host. */
async function superuser({ account }: World, value: object): Promise<string> {
  const Tags = [rdsTag('Instance', 'arn:aws:rds:us-east-1:000000000000:db:app')]
  const input = { Name: `rds!superuser-${Math.random()}`, SecretString: JSON.stringify(value), Tags }
  return (await account.clients.secrets.send(new CreateSecretCommand(input))).ARN ?? ''
}

const unusedPort = async () => ({ port: await freePort() })

/** Refuses calls of a function. */
function refusing(world: World, message: string, refuses: (call: Call) => boolean) {
  world.fault = (call) => (refuses(call) ? { type: 'AccessDeniedException', message } : undefined)
}
const undo = async (world: World) => {
  world.fault = () => undefined
}

/** Causes that only the function itself can tell of: each of them is one of ours, which really fails. */
export const functionCases: readonly Case[] = [
  {
    cause: 1,
    how: 'the function finds nothing at the endpoint of Secrets Manager',
    certainty: 'sure',
    says: /SecretsManagerUnreachable/,
    async make({ setUp }) {
      const { port } = await unusedPort()
      return setUp({ env: { SECRETS_MANAGER_ENDPOINT: `http://127.0.0.1:${port}` } })
    },
  },
  {
    cause: 6,
    how: 'the RDS API does not answer',
    certainty: 'sure',
    says: /RdsUnreachable/,
    async make(world) {
      const masterarn = await superuser(world, { username: 'postgres', password: 'the-password-of-the-superuser' })
      const { port } = await unusedPort()
      return postgres(world, { masterarn }, alternating, { AWS_ENDPOINT_URL_RDS: `http://127.0.0.1:${port}` })
    },
  },
  {
    cause: 7,
    how: 'the function may not decrypt the value',
    certainty: 'sure',
    says: /KmsAccessDenied/,
    make(world) {
      refusing(
        world,
        'Access to KMS is not allowed',
        ({ operation, caller }) => operation === 'GetSecretValue' && caller.startsWith('keyturn'),
      )
      return world.setUp()
    },
    undo,
  },
  {
    cause: 8,
    how: 'a value without the fields of a database',
    certainty: 'sure',
    says: /InvalidSecret.*put-secret-value/s,
    make: ({ setUp }) => setUp({ module: singleUser, value: '{"user":"app"}' }),
  },
  {
    cause: 9,
    how: 'nothing listens at the port',
    certainty: 'sure',
    says: /Unreachable/,
    make: async (world) => postgres(world, await unusedPort()),
  },
  {
    cause: 10,
    how: 'the password was changed by hand',
    certainty: 'sure',
    says: /LoginRefused/,
    make: (world) => postgres(world, { password: 'another one' }),
  },
  {
    cause: 12,
    how: 'a certificate of an authority that nobody knows',
    certainty: 'sure',
    says: /CertificateUntrusted/,
    make: (world) => postgres(world, {}, singleUser, { DATABASE_CA_BUNDLE: '' }),
  },
  {
    cause: 19,
    how: 'a defect in the function',
    certainty: 'sure',
    says: /Internal, The function failed unexpectedly/,
    make: ({ setUp }) => setUp({ module: 'test/cli/doctor/functions/broken.ts' }),
  },
  {
    cause: 21,
    how: 'the function may not store a value',
    certainty: 'sure',
    says: /AccessDenied.*secretsmanager:PutSecretValue/s,
    make(world) {
      refusing(
        world,
        'is not authorized to perform: secretsmanager:PutSecretValue',
        ({ operation, caller }) => operation === 'PutSecretValue' && caller.startsWith('keyturn'),
      )
      return world.setUp()
    },
    undo,
  },
  {
    cause: 22,
    how: 'the superuser secret is not among those that it may read',
    certainty: 'sure',
    says: /AccessDenied.*superuser/s,
    async make(world) {
      const masterarn = await superuser(world, { username: 'postgres', password: 'the-password-of-the-superuser' })
      refusing(world, 'is not authorized', ({ secretId }) => secretId === masterarn)
      return postgres(world, { masterarn }, alternating)
    },
    undo,
  },
  {
    cause: 24,
    how: 'the function never says a word',
    certainty: 'likely',
    says: /has no line of it/,
    hoursLater: 3,
    make: ({ setUp }) => setUp({ invoke: failing }),
  },
  {
    cause: 29,
    how: 'a user name of 60 characters with alternating users',
    certainty: 'sure',
    says: /NameTooLong/,
    make: (world) =>
      postgres(
        world,
        { username: 'u'.repeat(60), masterarn: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:none' },
        alternating,
      ),
  },
  {
    cause: 29,
    how: 'the same, read out of the value',
    certainty: 'sure',
    says: /longer than 63 bytes/,
    args: ['--read-value'],
    make: (world) =>
      world.setUp({
        value: JSON.stringify({ engine: 'postgres', username: 'u'.repeat(60) }),
        deployed: { handler: 'alternating-users.handler' },
        rotation: { RotateImmediately: false },
      }),
  },
  {
    cause: 30,
    how: "the host is RDS Proxy's",
    certainty: 'sure',
    says: /app\.proxy-abc\.us-east-1\.rds\.amazonaws\.com is an RDS Proxy/,
    async make(world) {
      const masterarn = await superuser(world, { username: 'postgres', password: 'the-password-of-the-superuser' })
      return postgres(world, { host: 'app.proxy-abc.us-east-1.rds.amazonaws.com', masterarn }, alternating)
    },
  },
  {
    cause: 32,
    how: 'a function that logs its event',
    certainty: 'note',
    says: /RotationToken, which is a secret/,
    make: ({ setUp }) => setUp({ module: 'test/cli/doctor/functions/talkative.ts' }),
  },
  {
    cause: 11,
    how: "AWS's function for PostgreSQL with an old libpq",
    certainty: 'sure',
    says: /SCRAM/,
    async make(world) {
      const made = await world.setUp({ invoke: failing, deployed: python })
      await world.log(made.functionName, ['setSecret: SCRAM authentication requires libpq version 10 or above'])
      return made
    },
  },
  {
    cause: 11,
    how: "AWS's function for PostgreSQL that cannot log in",
    certainty: 'likely',
    says: /Unable to log into database/,
    async make(world) {
      const description =
        'Conducts an AWS SecretsManager secret rotation for RDS PostgreSQL using single user rotation scheme'
      const made = await world.setUp({ invoke: failing, deployed: { ...python, description } })
      const line = `[ERROR] ValueError: Unable to log into database with previous, current, or pending secret of secret arn ${made.arn}`
      await world.log(made.functionName, [line])
      return made
    },
  },
  {
    cause: 19,
    how: "AWS's template without setSecret",
    certainty: 'sure',
    says: /createSecret.*NotImplementedError/s,
    async make(world) {
      const made = await world.setUp({ invoke: failing, deployed: python })
      await world.log(made.functionName, [
        `createSecret: Successfully put secret for ARN ${made.arn}.`,
        '[ERROR] NotImplementedError',
      ])
      return made
    },
  },
]
