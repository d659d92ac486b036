import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { type Connection, clientSettings, type Settings } from '../aws/connection.ts'
import { hour } from '../times.ts'
import { parsedArn } from './arn.ts'
import { answerTo } from './ask.ts'
import { pendingOf } from './cause.ts'
import { probeAnswer, unlabelled } from './probing.ts'
import { releasedCode } from './released.ts'
import { type Key, known, type Lambda, type Secret, type Seen } from './seen.ts'
import { rotationCalls, type Wanted } from './services/role.ts'
import { resourcePolicyOf, versionsOf } from './services/secret.ts'

/** How far back doctor looks in the log and in CloudTrail, unless a rotation has been stuck for longer. */
const lookBack = 3 * 24 * hour
const furthest = 14 * 24 * hour

export interface Asking {
  readonly connection: Connection
  readonly client: SecretsManagerClient
  readonly secret: Secret
  readonly now: number
  readonly readValue: boolean
  /** Whether the function is probed. */
  readonly probes: boolean
  progress(text: string): void
}

const notNeeded = (why: string) => ({ unknown: why }) as const

/** Asks all services about a secret, at the same time; each of them may refuse. */
export async function gather(asking: Asking): Promise<Seen> {
  const { connection, client, secret, now, progress } = asking
  const region = parsedArn(secret.arn)?.region ?? connection.region ?? ''
  const settings = settingsFor(connection, secret)
  progress('asks Secrets Manager, Lambda, CloudTrail ...')
  const [versions, policy, lambda, key, traces, alarms, value] = await Promise.all([
    answerTo('secretsmanager:ListSecretVersionIds', () => versionsOf(client, secret.arn)),
    answerTo('secretsmanager:GetResourcePolicy', () => resourcePolicyOf(client, secret.arn)),
    lambdaAnswer(settings, secret, now),
    keyAnswer(settings, secret),
    tracesAnswer(settings, secret, now),
    alarmAnswers(settings),
    asking.readValue
      ? answerTo('secretsmanager:GetSecretValue', async () =>
          (await import('./services/value.ts')).valueFieldsOf(client, secret.arn),
        )
      : notNeeded('the value of the secret was not read'),
  ])
  const about = known(lambda)
  progress('asks IAM, EC2, the log and the function itself ...')
  const since = Math.max(now - furthest, Math.min(now - lookBack, pendingSince(secret, known(versions)) - hour))
  const master = known(value)
  const [role, network, log, probe] = await Promise.all([
    about === undefined
      ? notNeeded('there is no function')
      : roleAnswer(settings, about, secret, known(key), master?.superuserArn),
    about === undefined
      ? notNeeded('there is no function')
      : answerTo('ec2:Describe*', async () => {
          if (about.subnetIds.length === 0) return undefined
          return (await import('./services/network.ts')).networkOf(settings, about)
        }),
    about === undefined
      ? notNeeded('there is no function')
      : answerTo('logs:FilterLogEvents', async () => {
          return (await import('./services/log.ts')).linesOf(settings, about.logGroup, secret.arn, since)
        }),
    asking.probes
      ? probeAnswer(connection, about, secret, unlabelled(known(versions)))
      : notNeeded('the function was not asked'),
  ])
  const first = { now, region, secretId: secret.name, secret: { is: secret }, versions, policy, lambda, key, traces }
  return { ...first, alarms, value, role, network, log, probe, released: await releasedCode() }
}

function pendingSince(
  secret: Secret,
  versions: readonly { readonly id: string; readonly created: number | undefined }[] | undefined,
): number {
  const pending = pendingOf(secret)
  return versions?.find(({ id }) => id === pending)?.created ?? Number.POSITIVE_INFINITY
}

async function lambdaAnswer(settings: Settings, { functionArn }: Secret, now: number): Promise<Seen['lambda']> {
  if (functionArn === undefined) return notNeeded('the secret names no function')
  const region = parsedArn(functionArn)?.region
  return answerTo('lambda:GetFunctionConfiguration', async () => {
    const there = { ...settings, ...(region && { region }) }
    return (await import('./services/lambda.ts')).lambdaOf(there, functionArn, now)
  })
}

async function keyAnswer(settings: Settings, { keyId }: Secret): Promise<Seen['key']> {
  if (keyId === undefined) return { is: undefined }
  return answerTo('kms:DescribeKey', async () => {
    return (await import('./services/key.ts')).keyOf(settings, keyId)
  })
}

async function tracesAnswer(settings: Settings, { arn }: Secret, now: number): Promise<Seen['traces']> {
  return answerTo('cloudtrail:LookupEvents', async () => {
    const trail = await import('../aws/trail.ts')
    const names = [...trail.rotationEvents, 'PutSecretValue', 'UpdateSecret']
    const bound = { since: now - lookBack, until: now, mostPages: 2 }
    return (await trail.tracesOf(settings, arn, names, bound)).traces
  })
}

async function alarmAnswers(settings: Settings): Promise<Seen['alarms']> {
  const found = await import('./services/alarms.ts')
  const [trail, rules] = await Promise.all([
    answerTo('cloudtrail:DescribeTrails', () => found.hasTrail(settings)),
    answerTo('events:ListRules', () => found.alarmRules(settings)),
  ])
  const topics = (known(rules) ?? []).flatMap((rule) => rule.topics)
  const unheard = await answerTo('sns:ListSubscriptionsByTopic', () => found.unheardTopics(settings, topics))
  return { trail, rules, unheard }
}

/** Asks IAM whether the role may make the calls of a rotation, with the condition keys that AWS fills in for them. */
async function roleAnswer(
  settings: Settings,
  lambda: Lambda,
  secret: Secret,
  key: Key | undefined,
  superuser: string | undefined,
): Promise<Seen['role']> {
  const wanted: Wanted[] = [
    {
      actions: rotationCalls,
      resource: secret.arn,
      context: { 'secretsmanager:resource/AllowRotationLambdaArn': secret.functionArn ?? '' },
    },
  ]
  if (key !== undefined) {
    const via = {
      'kms:ViaService': `secretsmanager.${parsedArn(secret.arn)?.region}.amazonaws.com`,
      'kms:EncryptionContext:SecretARN': secret.arn,
    }
    wanted.push({ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resource: key.arn, context: via })
  }
  if (superuser !== undefined) {
    wanted.push({ actions: ['secretsmanager:GetSecretValue'], resource: superuser, context: {} })
    const { partition = 'aws', region = '', account = '' } = parsedArn(lambda.arn) ?? {}
    const instances = `arn:${partition}:rds:${region}:${account}:db:*`
    wanted.push({ actions: ['rds:DescribeDBInstances', 'rds:DescribeDBClusters'], resource: instances, context: {} })
  }
  return answerTo('iam:SimulatePrincipalPolicy', async () => {
    return (await import('./services/role.ts')).decisionsOf(settings, lambda.roleArn, wanted)
  })
}

/** Where the secret's ARN is of another Region, its services are asked there. */
function settingsFor(connection: Connection, { arn }: Pick<Secret, 'arn'>): Settings {
  const region = parsedArn(arn)?.region
  return { ...clientSettings(connection), ...(region && { region }) }
}
