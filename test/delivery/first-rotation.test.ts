import { execFile } from 'node:child_process'
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  AssociateVpcCidrBlockCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcEndpointsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'
import { CreateDBInstanceCommand, CreateDBSubnetGroupCommand, RDSClient } from '@aws-sdk/client-rds'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LocalSecretsManager, startLocalSecretsManager } from '../../local/secrets-manager/start.ts'
import { type PostgresServer, startPostgres } from '../../local/servers/postgres.ts'
import { readTemplate } from '../../template/parsed.ts'
import { repositoryPath } from '../support/function-under-test.ts'
import { startMoto } from '../support/moto.ts'
import { pythonWith } from '../support/python-environment.ts'
import { deploy, refusals } from '../template/stack.ts'
import { docsBlock } from './docs-block.ts'

const run = promisify(execFile)
const region = 'eu-west-1'
const client = { region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
let folder: string
let moto: Awaited<ReturnType<typeof startMoto>>
let server: PostgresServer
let local: LocalSecretsManager

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyturn-first-'))
  ;[moto, server] = await Promise.all([startMoto(), startPostgres(18)])
  local = await startLocalSecretsManager({
    functions: { PostgresSingleUser: repositoryPath('functions/postgres/single-user.ts') },
  })
  // The program as the machine has it, or one of the cache.
  const aws = await run('aws', ['--version']).catch(() => undefined)
  const python = aws === undefined ? await pythonWith('awscli==1.45.11') : undefined
  if (python !== undefined)
    await writeFile(join(folder, 'aws'), `#!/bin/sh\nexec ${python} -m awscli "$@"\n`, { mode: 0o755 })
})
afterAll(async () => {
  await local.close()
  await Promise.all([moto[Symbol.asyncDispose](), server[Symbol.asyncDispose](), rm(folder, { recursive: true })])
})

/** The output of a shell into which some commands are pasted, in the repository, with the values of an earlier shell. */
async function pasted(text: string): Promise<string> {
  const asked = ['RDS', 'EC2', 'CLOUDFORMATION'].map((service) => [`AWS_ENDPOINT_URL_${service}`, moto.endpoint])
  const env = {
    PATH: `${folder}:${process.env.PATH}`,
    HOME: folder,
    AWS_PAGER: '',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL: local.endpoint,
    db: 'my-database',
    secret: 'my/database',
    target: 'postgres',
    strategy: 'PostgresSingleUser',
    stack: 'keyturn-postgres',
    ...Object.fromEntries(asked),
  }
  const { stdout } = await run('sh', ['-euc', text], { cwd: repositoryPath(''), env })
  return stdout
}

/** The output of commands that are pasted into a terminal, where AWS cannot be asked, and all else is answered with yes. */
async function typed(text: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const answers = 'aws() { case "$2" in describe-*) return 1 ;; *) echo "DONE aws $2" ;; esac; }'
  const others = 'npm() { [ "$1" = ci ] || echo "DONE npm"; }; npx() { :; }; sam() { echo "DONE sam $*"; }'
  const shell = run('bash', ['--norc', '--noprofile', '-i'], { env: { PATH: process.env.PATH, HOME: folder, ...env } })
  shell.child.stdin?.end(`${answers}\n${others}\n${text}\nexit 0\n`)
  return (await shell).stdout
}

describe('the commands of docs/deploying.md for an RDS database', () => {
  const wanted = { subnets: '', vpc: '', group: '' }
  const ec2 = () => new EC2Client({ ...client, endpoint: moto.endpoint })

  beforeAll(async () => {
    const { Vpc } = await ec2().send(new CreateVpcCommand({ CidrBlock: '10.9.0.0/16' }))
    const VpcId = Vpc?.VpcId ?? ''
    await ec2().send(new AssociateVpcCidrBlockCommand({ VpcId, CidrBlock: '10.11.0.0/16' }))
    // Two in one zone: an endpoint takes one of them.
    const subnets = ['a', 'b', 'a'].map((zone, index) =>
      ec2().send(
        new CreateSubnetCommand({ VpcId, CidrBlock: `10.9.${index}.0/24`, AvailabilityZone: `${region}${zone}` }),
      ),
    )
    const SubnetIds = (await Promise.all(subnets)).map(({ Subnet }) => Subnet?.SubnetId ?? '')
    const { GroupId = '' } = await ec2().send(
      new CreateSecurityGroupCommand({ GroupName: 'database', Description: 'The database', VpcId }),
    )
    Object.assign(wanted, { subnets: SubnetIds.sort().join(), vpc: VpcId, group: GroupId })
    const rds = new RDSClient({ ...client, endpoint: moto.endpoint })
    const DBSubnetGroupName = 'private'
    await rds.send(new CreateDBSubnetGroupCommand({ DBSubnetGroupName, DBSubnetGroupDescription: 'x', SubnetIds }))
    const instance = { DBInstanceIdentifier: 'my-database', DBInstanceClass: 'db.t4g.micro', Engine: 'postgres' }
    const login = { MasterUsername: 'postgres', MasterUserPassword: 'hunter2hunter2', AllocatedStorage: 20 }
    const network = { DBSubnetGroupName, VpcSecurityGroupIds: [GroupId] }
    await rds.send(new CreateDBInstanceCommand({ ...instance, ...login, ...network }))
  })

  it('do nothing where the look-ups failed', async () => {
    const blocks = ['network', 'endpoint', 'endpoint-new', 'deploy', 'deploy-port', 'secret', 'test', 'rotate']
    expect(await typed(blocks.map((name) => docsBlock(`rds-${name}`)).join('\n'))).not.toContain('DONE')
    expect(await typed(docsBlock('rds-rotate'), { secret: 'my/database' })).toContain('DONE npm')
  })

  it('unset the endpoint of the laptop and its credentials, and no other ones', async () => {
    const asked = `${docsBlock('rds-account')}echo "<$AWS_ENDPOINT_URL$AWS_ACCESS_KEY_ID$AWS_SECRET_ACCESS_KEY>"`
    const laptop = { AWS_ENDPOINT_URL: local.endpoint, AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' }
    expect(await typed(asked, laptop)).toContain('DONE aws get-caller-identity\n<>')
    expect(await typed(asked, { ...laptop, AWS_ACCESS_KEY_ID: 'AKIA' })).toContain('<AKIAlocal>')
  })

  it('find the network, which the template takes, and make an endpoint that lets in the VPC alone', async () => {
    const print = 'printf "%s\\n" "$subnets" "$vpc" "$group"\n'
    const text = await pasted(
      `${docsBlock('rds-network')}${print}${docsBlock('rds-endpoint')}${docsBlock('rds-endpoint-new')}`,
    )
    const [said, subnets = '', vpc, group] = text.split('\n')
    expect({ subnets: subnets.split(',').sort().join(), vpc, group }).toEqual(wanted)
    expect(said).toMatch(/^subnets \S+, VPC vpc-\w+, security group sg-\w+, database \S+:5432$/)

    const block = docsBlock('rds-deploy')
    const found: Readonly<Record<string, string | undefined>> = { subnets, vpc, group }
    const given = [...block.matchAll(/"(\w+)=\$\{(\w+):\?[^}]*\}"/g)].map(([, name = '', variable = '']) => [
      name,
      found[variable],
    ])
    const [, path = ''] = /sam build -t (\S+)"/.exec(block.replace(/\$\{target:\?\}/, 'postgres')) ?? []
    expect(given).toHaveLength(3)
    expect(refusals(readTemplate(path), Object.fromEntries(given))).toEqual([])

    const { VpcEndpoints = [] } = await ec2().send(new DescribeVpcEndpointsCommand({}))
    expect(VpcEndpoints).toMatchObject([
      { VpcId: wanted.vpc, ServiceName: `com.amazonaws.${region}.secretsmanager`, PrivateDnsEnabled: true },
    ])
    const { Subnets = [] } = await ec2().send(new DescribeSubnetsCommand({ SubnetIds: VpcEndpoints[0]?.SubnetIds }))
    const zones = Subnets.map(({ AvailabilityZone }) => AvailabilityZone)
    expect(zones.sort()).toEqual([`${region}a`, `${region}b`])
    const { SecurityGroups } = await ec2().send(
      new DescribeSecurityGroupsCommand({
        Filters: [{ Name: 'group-name', Values: ['keyturn-secretsmanager-endpoint'] }],
      }),
    )
    expect(SecurityGroups?.[0]?.IpPermissions).toMatchObject([
      { FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '10.9.0.0/16' }, { CidrIp: '10.11.0.0/16' }] },
    ])
    expect(await pasted(`vpc=${vpc}\n${docsBlock('rds-endpoint')}`)).toContain(VpcEndpoints[0]?.VpcEndpointId)
  })

  it('open another port to the functions of the target, and deploy no others', async () => {
    const [all, values] = await deployed(docsBlock('rds-deploy-port'), {
      ...wanted,
      stack: 'x',
      target: 'mysql',
      port: '3307',
    })
    expect(refusals(all, values)).toEqual([])
    const { resources } = deploy(all, values)
    const names = ['MysqlAlternatingUsers', 'MysqlDualPassword', 'MysqlSingleUser']
    expect(functionsIn(resources)).toEqual(names)
    expect(JSON.stringify(resources.DatabaseIngress)).toContain('3307')
  })

  it('turn rotation on without changing anything, and rotate when they say so', async () => {
    const login = { host: server.host, port: server.port, dbname: 'postgres', ssl: false }
    const before = { ...login, engine: 'postgres', username: 'app', password: 'not-yet-rotated' }
    await using admin = await connected({ ...login, ...server.superuser })
    await admin.query(`CREATE ROLE app LOGIN PASSWORD '${before.password}'`)
    const file = repositoryPath('login.json')
    await writeFile(file, JSON.stringify(before))
    await pasted(docsBlock('rds-secret'))
    await expect(access(file)).rejects.toThrow('ENOENT')

    // This stack stands for the result of sam deploy.
    const PostgresSingleUserArn = { Value: local.functions.PostgresSingleUser?.replace('us-east-1', region) }
    const stack = { Resources: { X: { Type: 'AWS::SNS::Topic' } }, Outputs: { PostgresSingleUserArn } }
    await pasted(
      `aws cloudformation create-stack --stack-name keyturn-postgres --template-body '${JSON.stringify(stack)}'`,
    )
    expect(await pasted(docsBlock('rds-test'))).toMatch(/probe +AWSCURRENT works[\s\S]*Nothing was found that stops/)
    await local.settled()
    await (await connected(before)).end()

    expect(await pasted(docsBlock('rds-rotate'))).toContain('is AWSCURRENT.')
    await expect(connected(before)).rejects.toThrow('password authentication failed')
  })
})

it('the command of docs/logs.md deploys Overdue alone', async () => {
  const [all, values] = await deployed(docsBlock('overdue-alone'))
  expect(refusals(all, values)).toEqual([])
  expect(functionsIn(deploy(all, values).resources)).toEqual(['Overdue'])
})

/** The template, and what a block gives for its parameters: of two values for one SAM takes the last. */
async function deployed(block: string, env?: Readonly<Record<string, string>>) {
  const [line = ''] = /^DONE sam deploy .*/m.exec(await typed(block, env)) ?? []
  const [, given = ''] = line.split('--parameter-overrides ')
  return [readTemplate('template.yaml'), Object.fromEntries(given.split(' ').map((pair) => pair.split('=')))] as const
}

function functionsIn(resources: ReturnType<typeof deploy>['resources']): string[] {
  return Object.keys(resources)
    .filter((id) => resources[id]?.Type === 'AWS::Serverless::Function')
    .sort()
}

async function connected({ host, port, dbname: database, username: user, password }: Record<string, unknown>) {
  const at = { host: String(host), port: Number(port), database: String(database), ssl: false }
  const session = new Client({ ...at, user: String(user), password: String(password) })
  await session.connect()
  return Object.assign(session, { [Symbol.asyncDispose]: () => session.end() })
}
