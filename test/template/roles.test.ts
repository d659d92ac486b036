import * as iamSdk from '@aws-sdk/client-iam'
import * as rdsSdk from '@aws-sdk/client-rds'
import * as sdk from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { statementText } from '../../template/blocks.ts'
import { type Mapping, readTemplate } from '../../template/parsed.ts'
import { idOf } from '../../template/row.ts'
import { rows } from '../../template/rows.ts'
import { mentioned } from '../../template/text.ts'
import { secretsManagerFor } from '../support/secrets-manager.ts'
import { deployed } from './deployed.ts'
import { allows, statementsOfRole } from './policies.ts'
import { deploy, type Stack, type Values } from './stack.ts'

const template = readTemplate('template.yaml')
const rowOf = new Map(rows.map((row) => [idOf(row), row]))
const ids = [...rowOf.keys()]

/** Every operation that Secrets Manager has, so that a right to one more of them is seen. */
const operationsOf = (client: object) =>
  Object.keys(client)
    .filter((name) => /^[A-Z]\w+Command$/.test(name))
    .map((name) => name.replace(/Command$/, ''))
const operations = operationsOf(sdk)

/** What a statement lets a role do outside Secrets Manager, by its name in template/statements.yaml. */
const services: Readonly<Record<string, readonly string[]>> = {
  superuserSecrets: [],
  adminSecrets: [],
  transferUsers: ['transfer'],
  // Of the users of its parameter alone.
  iamUsers: [],
  databaseServers: ['rds'],
}

const statementNames = (id: string) => rowOf.get(id)?.statements ?? []
const asksRds = (id: string) => statementNames(id).includes('databaseServers')

/** The parameters that name the other secrets that a function reads: a superuser's, an administrator's. */
const secretParameters = (id: string) =>
  statementNames(id)
    .flatMap((name) => mentioned(statementText(name)))
    .filter((name) => /SecretArns?$/.test(name))
const readable = (id: string, arns: readonly string[]): Values =>
  Object.fromEntries(secretParameters(id).map((name) => [name, arns.join()]))

interface Rotated {
  /** What the function called, by the secret that it called it on. */
  readonly calls: ReadonlyMap<string, ReadonlySet<string>>
  readonly own: string
  /** Of another function, and of none. */
  readonly foreign: readonly string[]
  /** The function in whose hands a secret is, as the condition key of IAM has it. */
  rotatedBy(arn: string): string | undefined
}

/** Lets the deployed function, with its deployed variables, test and rotate a secret: to the other login and back. */
async function rotated(id: string): Promise<Rotated> {
  const { FunctionName, Environment } = deploy(template).resources[id]?.Properties ?? {}
  const variables = Object.entries((Environment as Mapping).Variables as Mapping)
  const type = deployed.find((each) => each.function.id === id)
  if (type === undefined)
    throw new Error(`Say in test/functions/${rowOf.get(id)?.folder}/deployed.ts what ${id} rotates.`)
  const env = { ...Object.fromEntries(variables.map(([name, value]) => [name, String(value)])), ...type.function.env }
  const name = String(FunctionName)
  await using secrets = await secretsManagerFor({ ...type.function, id: name, env })
  const target = await type.fresh(secrets)
  // It reads its variables when it first runs.
  Object.assign(env, target.env)
  const own = await secrets.store(target.value)
  const foreign = [await secrets.store('{}')]
  await secrets.testOnly(own)
  await secrets.rotate(own)
  await secrets.rotate(own)
  const calls = new Map<string, Set<string>>()
  for (const { secretId = '', operation } of secrets.local.calls.by(name))
    calls.set(secretId, (calls.get(secretId) ?? new Set()).add(operation))
  const { RotationLambdaARN } = await secrets.client.send(new sdk.DescribeSecretCommand({ SecretId: own }))
  return { calls, own, foreign, rotatedBy: (arn) => (arn === own ? RotationLambdaARN : undefined) }
}

const rotations = new Map<string, Promise<Rotated>>()
function rotation(id: string): Promise<Rotated> {
  const known = rotations.get(id) ?? rotated(id)
  rotations.set(id, known)
  return known
}

/** Each stack is made once: what it allows is asked operation by operation. */
const stacks = new Map<string, Stack>()
function roleOf(id: string, values: Values = {}) {
  const key = JSON.stringify(values)
  const stack = stacks.get(key) ?? deploy(template, values)
  stacks.set(key, stack)
  return statementsOfRole(stack, `${id}Role`)
}

/** The operations that the role of a function allows on a secret. */
function allowedOn(arn: string, id: string, rotatedBy: string | undefined, values: Values): string[] {
  const context = rotatedBy === undefined ? {} : { 'secretsmanager:resource/AllowRotationLambdaArn': rotatedBy }
  const statements = roleOf(id, values)
  return operations.filter((name) => allows(statements, { action: `secretsmanager:${name}`, resource: arn, context }))
}

describe.each(ids)('the role of %s', (id) => {
  it('allows what its rotations called, on the secrets they called it on, and no other operation', async () => {
    const { calls, own, rotatedBy } = await rotation(id)
    const others = [...calls.keys()].filter((arn) => arn !== own)
    expect(others).toHaveLength(secretParameters(id).length)
    const made = operations.filter((name) => calls.get(own)?.has(name))
    expect(allowedOn(own, id, rotatedBy(own), readable(id, others))).toEqual(made)
  })

  it('only reads other secrets, where it reads any, and only those of the parameters', async () => {
    const { calls, own, foreign } = await rotation(id)
    const others = [...calls.keys()].filter((arn) => arn !== own)
    // Their tags may be asked for, too: where RDS manages one, which no function meets here.
    const reading = ['DescribeSecret', 'GetSecretValue']
    for (const arn of others) {
      const allowed = allowedOn(arn, id, undefined, readable(id, [arn]))
      expect(allowed).toEqual(expect.arrayContaining([...(calls.get(arn) ?? [])]))
      expect(reading).toEqual(expect.arrayContaining(allowed))
      expect(allowedOn(arn, id, undefined, {})).toEqual([])
    }
    const some = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:another-AbCdEf'
    const all = Object.keys(template.Parameters).filter((name) => /SecretArns?$/.test(name))
    const everything = Object.fromEntries(all.map((name) => [name, some]))
    if (secretParameters(id).length === 0) expect(allowedOn(some, id, undefined, everything)).toEqual([])
    for (const arn of foreign) expect(allowedOn(arn, id, undefined, everything)).toEqual([])
  })

  it('allows nothing on secrets that another function or none rotates', async () => {
    const { foreign, own } = await rotation(id)
    const another = `arn:aws:lambda:us-east-1:000000000000:function:keyturn-${id}Two`
    for (const arn of foreign) expect(allowedOn(arn, id, undefined, {})).toEqual([])
    expect(allowedOn(own, id, another, {})).toEqual([])
  })

  it('writes into its own log group and into no other', () => {
    const logs = [
      'CreateLogGroup',
      'CreateLogStream',
      'PutLogEvents',
      'DeleteLogGroup',
      'DeleteLogStream',
      'GetLogEvents',
    ]
    const allowed = (group: string) => {
      const resource = `arn:aws:logs:us-east-1:000000000000:log-group:${group}:log-stream:2026/11/22/[$LATEST]0`
      return logs.filter((name) => allows(roleOf(id), { action: `logs:${name}`, resource }))
    }
    expect(allowed(`/aws/lambda/keyturn-${id}`)).toEqual(['CreateLogStream', 'PutLogEvents'])
    expect(allowed('/aws/lambda/other')).toEqual([])
    expect(allowed(`/aws/lambda/keyturn-${id}Two`)).toEqual([])
  })

  it('asks RDS about servers of this account and Region, where it asks at all, and nothing else', () => {
    const allowed = (resource: string) =>
      operationsOf(rdsSdk).filter((name) => allows(roleOf(id), { action: `rds:${name}`, resource }))
    // It is asked what server a superuser is of.
    expect(asksRds(id)).toBe(statementNames(id).includes('superuserSecrets'))
    const wanted = asksRds(id) ? ['DescribeDBClusters', 'DescribeDBInstances'] : []
    for (const server of ['db:orders', 'cluster:orders'])
      expect(allowed(`arn:aws:rds:us-east-1:000000000000:${server}`)).toEqual(wanted)
    for (const other of [
      'us-east-1:000000000000:snapshot:s',
      'us-east-1:111111111111:db:d',
      'eu-west-1:000000000000:db:d',
    ])
      expect(allowed(`arn:aws:rds:${other}`)).toEqual([])
  })

  it('makes and deletes keys of the users of the parameter, where it is for that, and nothing else in IAM', () => {
    const user = 'arn:aws:iam::000000000000:user/app'
    const allowed = (resource: string, values: Values) =>
      operationsOf(iamSdk).filter((name) => allows(roleOf(id, values), { action: `iam:${name}`, resource }))
    const wanted = statementNames(id).includes('iamUsers')
      ? ['CreateAccessKey', 'DeleteAccessKey', 'GetAccessKeyLastUsed', 'ListAccessKeys', 'UpdateAccessKey']
      : []
    expect(allowed(user, { IamUserArns: user })).toEqual(wanted)
    for (const other of [`${user}2`, user.replace('user', 'role')])
      expect(allowed(other, { IamUserArns: user })).toEqual([])
    expect(allowed(user, {})).toEqual([])
  })

  it('is about Secrets Manager and logs alone, and about keys and networks only when they are given', () => {
    const allowed = (values: Values) => [
      ...new Set(roleOf(id, values).flatMap(({ Action }) => [Action].flat().map((name) => String(name).split(':')[0]))),
    ]
    const more = statementNames(id).flatMap((name) => {
      if (services[name] === undefined) throw new Error(`Say in this file what ${name} lets a role do.`)
      return services[name]
    })
    const always = ['secretsmanager', ...more, 'logs']
    expect(allowed({})).toEqual(always)
    expect(allowed({ KmsKeyArns: key })).toEqual([...always, 'kms'])
    const inVpc = rowOf.get(id)?.vpc ? ['ec2'] : []
    expect(allowed({ SubnetIds: 'subnet-0a1b2c3d', SecurityGroupIds: 'sg-0a1b2c3d' })).toEqual([...always, ...inVpc])
    expect(JSON.stringify(roleOf(id, { KmsKeyArns: key }))).not.toMatch(/":\s*"\*"|kms:\*|secretsmanager:\*|logs:\*/)
  })

  it('uses the keys of the parameter for secrets, through Secrets Manager, and for nothing else', () => {
    const actions = ['Decrypt', 'GenerateDataKey', 'Encrypt', 'DescribeKey', 'CreateGrant', 'ScheduleKeyDeletion']
    const throughIt = {
      'kms:ViaService': 'secretsmanager.us-east-1.amazonaws.com',
      'kms:EncryptionContext:SecretARN': 'arn:aws:secretsmanager:us-east-1:000000000000:secret:a/b-AbCdEf',
    }
    const allowed = (resource: string, context: Record<string, string>) =>
      actions.filter((name) => allows(roleOf(id, { KmsKeyArns: key }), { action: `kms:${name}`, resource, context }))
    expect(allowed(key, throughIt)).toEqual(['Decrypt', 'GenerateDataKey'])
    expect(allowed(key.replace('key/1', 'key/2'), throughIt)).toEqual([])
    expect(allowed(key, { ...throughIt, 'kms:ViaService': 's3.us-east-1.amazonaws.com' })).toEqual([])
    expect(allowed(key, { 'kms:ViaService': throughIt['kms:ViaService'] })).toEqual([])
    expect(allowed(key, { ...throughIt, 'kms:EncryptionContext:SecretARN': 'arn:aws:s3:::bucket' })).toEqual([])
  })

  it.runIf(rowOf.get(id)?.vpc)(
    'in a VPC, lets Lambda attach the function, and the code of the function do nothing to the network',
    () => {
      const statements = roleOf(id, { SubnetIds: 'subnet-0a1b2c3d', SecurityGroupIds: 'sg-0a1b2c3d' })
      const actions = [
        'CreateNetworkInterface',
        'DescribeNetworkInterfaces',
        'DescribeSubnets',
        'DeleteNetworkInterface',
      ]
      const more = [
        'AssignPrivateIpAddresses',
        'UnassignPrivateIpAddresses',
        'RunInstances',
        'ModifyNetworkInterfaceAttribute',
      ]
      const allowed = (context = {}) =>
        [...actions, ...more].filter((name) => allows(statements, { action: `ec2:${name}`, resource: '*', context }))
      expect(allowed()).toEqual([...actions, ...more.slice(0, 2)])
      const code = `arn:aws:lambda:us-east-1:000000000000:function:keyturn-${id}`
      expect(allowed({ 'lambda:SourceFunctionArn': code })).toEqual([])
    },
  )
})

const key = 'arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab'
