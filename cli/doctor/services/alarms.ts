import { CloudTrailClient, DescribeTrailsCommand, GetTrailStatusCommand } from '@aws-sdk/client-cloudtrail'
import { EventBridgeClient, ListRulesCommand, ListTargetsByRuleCommand, type Rule } from '@aws-sdk/client-eventbridge'
import { ListSubscriptionsByTopicCommand, SNSClient } from '@aws-sdk/client-sns'
import type { Settings } from '../../aws/connection.ts'

interface AlarmRule {
  readonly name: string
  readonly enabled: boolean
  readonly topics: readonly string[]
}

/** Whether some trail is logging: without one, EventBridge hears nothing of a failed rotation. Throws what the SDK throws. */
export async function hasTrail(settings: Settings): Promise<boolean> {
  const client = new CloudTrailClient(settings)
  const { trailList = [] } = await client.send(new DescribeTrailsCommand({ includeShadowTrails: true }))
  for (const { TrailARN, Name } of trailList) {
    const status = await client.send(new GetTrailStatusCommand({ Name: TrailARN ?? Name ?? '' }))
    if (status.IsLogging === true) return true
  }
  return false
}

/** The rules that wait for failed rotations, and the topics that they write to. Throws what the SDK throws. */
export async function alarmRules(settings: Settings): Promise<readonly AlarmRule[]> {
  const client = new EventBridgeClient(settings)
  const found: Rule[] = []
  let NextToken: string | undefined
  for (let page = 0; page < 10; page++) {
    const answer = await client.send(new ListRulesCommand({ Limit: 100, ...(NextToken && { NextToken }) }))
    found.push(...(answer.Rules ?? []).filter(({ EventPattern = '' }) => EventPattern.includes('RotationFailed')))
    NextToken = answer.NextToken
    if (NextToken === undefined) break
  }
  return Promise.all(
    found.map(async ({ Name = '', State }) => {
      const { Targets = [] } = await client.send(new ListTargetsByRuleCommand({ Rule: Name }))
      const topics = Targets.flatMap(({ Arn = '' }) => (/^arn:[\w-]+:sns:/.test(Arn) ? [Arn] : []))
      return { name: Name, enabled: State !== 'DISABLED', topics }
    }),
  )
}

/** The topics, of those given, without a confirmed subscription. Throws what the SDK throws. */
export async function unheardTopics(settings: Settings, topics: readonly string[]): Promise<readonly string[]> {
  const client = new SNSClient(settings)
  const unheard: string[] = []
  for (const TopicArn of new Set(topics)) {
    const { Subscriptions = [] } = await client.send(new ListSubscriptionsByTopicCommand({ TopicArn }))
    if (Subscriptions.every(({ SubscriptionArn }) => SubscriptionArn === 'PendingConfirmation')) unheard.push(TopicArn)
  }
  return unheard
}
