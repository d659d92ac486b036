import { writeFile } from 'node:fs/promises'
import {
  CreateDBClusterCommand,
  CreateDBInstanceCommand,
  CreateDBInstanceReadReplicaCommand,
  DescribeDBClustersCommand,
} from '@aws-sdk/client-rds'
import { CreateSecretCommand, type Tag } from '@aws-sdk/client-secrets-manager'
import { selfSignedCertificate } from '../../../local/servers/certificate.ts'
import { startPostgres } from '../../../local/servers/postgres.ts'
import { type StoredTarget, type Suite, suiteFor } from '../../contract/suite.ts'
import { type TestServer, testServer } from '../../support/postgres.ts'
import { randomName } from '../../support/random.ts'
import { type RdsApi, rdsApi } from '../../support/rds-api.ts'
import type { SecretsManager } from '../../support/secrets-manager.ts'
import { serverFiles } from '../../support/server-files.ts'
import { cloneOf } from '../databases/target.ts'
import { alternatingUsers, type PostgresType } from './secret-types.ts'

export const account = '123456789012'
export const instanceName = (id: string) => `${id}.aaaaaaaaaa.us-east-1.rds.amazonaws.com`
/** Where an instance of another account is. */
export const otherAccount = 'bbbbbbbbbb.us-east-1.rds.amazonaws.com'
export const instanceArn = (id: string) => `arn:aws:rds:us-east-1:${account}:db:${id}`
export const clusterArn = (id: string) => `arn:aws:rds:us-east-1:${account}:cluster:${id}`

/** An RDS: its API, and a PostgreSQL that is behind every name it gives. */
export interface Rds extends AsyncDisposable {
  readonly api: RdsApi
  readonly server: TestServer
  readonly suite: Suite & { readonly type: PostgresType }
  readonly cluster: {
    readonly id: string
    readonly writer: string
    readonly reader: string
    readonly members: string[]
  }
  instance(engine?: string, port?: number): Promise<string>
  replica(of: string, port?: number): Promise<string>
  /** A stored secret of a login at `host`, whose superuser's secret is as wished, in a Secrets Manager of its own perhaps. */
  stored(
    wish: SecretWish,
    secrets?: SecretsManager,
  ): Promise<StoredTarget & { readonly superuserArn: string; readonly clone: string }>
}

export interface SecretWish {
  readonly host: string
  readonly port?: number
  /** Further fields of the secret. */
  readonly fields?: object
  /** Of the superuser's secret; with an instance or a cluster it is of the form that RDS manages. */
  readonly superuser: { readonly host: string; readonly fields?: object } | { readonly tags: readonly Tag[] }
}

/** A tag as RDS writes it. */
export function rdsTag(kind: 'Instance' | 'Cluster', arn: string): Tag {
  return { Key: `aws:rds:primaryDB${kind}Arn`, Value: arn }
}

const handler = 'test/functions/postgres/handlers/with-rds-names.ts'
const login = { MasterUsername: 'administrator', MasterUserPassword: 'not used here' }

/** Starts it all, with an Aurora cluster of a writer and a reader. */
export async function startRds(env: Readonly<Record<string, string>> = {}, module = handler): Promise<Rds> {
  const api = await rdsApi()
  const { client } = api
  const files = await serverFiles(await certificateFor([]))
  const settings = { log_statement: 'all', log_connections: 'on', log_line_prefix: '%t [%p] %u ' }
  const ssl = { ssl_cert_file: files.paths.certificate, ssl_key_file: files.paths.key }
  // The commit is on its way to a standby.
  const own = await startPostgres(18, { ...settings, ...ssl, synchronous_commit: 'on' })

  const id = randomName('c').replace('_', '')
  const Engine = 'aurora-postgresql'
  await client.send(new CreateDBClusterCommand({ ...login, DBClusterIdentifier: id, Engine, Port: own.port }))
  const members = [`${id}-w`, `${id}-r`]
  for (const DBInstanceIdentifier of members) {
    const member = { DBInstanceIdentifier, DBClusterIdentifier: id, Engine, DBInstanceClass: 'db.r5.large' }
    await client.send(new CreateDBInstanceCommand({ ...member, Port: own.port }))
  }
  const { DBClusters } = await client.send(new DescribeDBClustersCommand({ DBClusterIdentifier: id }))
  const { Endpoint: writer = '', ReaderEndpoint: reader = '' } = DBClusters?.[0] ?? {}

  // The names of a cluster are known when it is there, and the certificate has to have them.
  const { certificate: ca, key } = await certificateFor([writer, reader])
  const { certificate: path, key: keyPath } = files.paths
  await Promise.all([writeFile(path, ca), writeFile(keyPath, key)])
  const server = testServer(18, { ...own, ca }, async (after) => own.log().slice(after))
  await server.query('SELECT pg_reload_conf()')

  const type = alternatingUsers(server, 'missing')
  const variables = { ...type.function.env, AWS_ENDPOINT_URL_RDS: api.url, ...env }
  const suite = await suiteFor({ ...type, function: { ...type.function, module, env: variables } })
  return {
    api,
    server,
    suite,
    cluster: { id, writer, reader, members: members.map(instanceName) },
    async instance(Engine = 'postgres', Port = server.port) {
      const DBInstanceIdentifier = randomName('i').replace('_', '')
      const size = { DBInstanceClass: 'db.t3.micro', AllocatedStorage: 20 }
      await client.send(new CreateDBInstanceCommand({ ...login, ...size, DBInstanceIdentifier, Engine, Port }))
      return DBInstanceIdentifier
    },
    async replica(SourceDBInstanceIdentifier, Port = server.port) {
      const DBInstanceIdentifier = randomName('r').replace('_', '')
      const input = { DBInstanceIdentifier, SourceDBInstanceIdentifier, Port }
      await client.send(new CreateDBInstanceReadReplicaCommand(input))
      return DBInstanceIdentifier
    },
    async stored({ host, port = server.port, fields, superuser }, { client: store } = suite.secrets) {
      const { master, value, ...made } = await type.make(suite.secrets)
      const { username, password } = master ?? server.superuser
      const whole = 'host' in superuser && { engine: 'postgres', host: superuser.host, port: server.port }
      const SecretString = JSON.stringify({
        username,
        password,
        ...whole,
        ...('fields' in superuser && superuser.fields),
      })
      const Tags = 'tags' in superuser ? [...superuser.tags] : []
      const input = { Name: `rds!db-${randomName()}`, SecretString, Tags }
      const { ARN: superuserArn = '' } = await store.send(new CreateSecretCommand(input))
      const text = JSON.stringify({ ...JSON.parse(value), host, port, masterarn: superuserArn, ...fields })
      const works = async (current: string) => (await server.login(JSON.parse(current))) !== undefined
      const target = await suite.stored(async () => ({ ...made, value: text, works }))
      return { ...target, superuserArn, clone: cloneOf(made.base) }
    },
    async [Symbol.asyncDispose]() {
      await suite.secrets[Symbol.asyncDispose]()
      await own[Symbol.asyncDispose]()
      await files[Symbol.asyncDispose]()
      await api[Symbol.asyncDispose]()
    },
  }
}

function certificateFor(names: readonly string[]) {
  return selfSignedCertificate([
    ...[instanceName('*'), `*.${otherAccount}`, '*.evil.example', ...names],
    ...['localhost', 'alias.internal'],
  ])
}
