import { CfnRule, type CfnRuleProps } from 'aws-cdk-lib/aws-events'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { Construct } from 'constructs'
import { type Mapping, propertiesOf } from './made.ts'
import { camelCased, resolved } from './resolve.ts'

/** The template's rules for rotations that failed. The topic's policy gets the statements that they need. */
export function rulesOf(scope: Construct, topic: ITopic): CfnRule[] {
  const refs = { AlarmTopicArn: topic.topicArn, AlarmTopic: topic.topicArn }
  const known = { functionName: '', refs, attributes: {} }
  const { Statement } = resolved(propertiesOf('AlarmTopicPolicy').PolicyDocument ?? {}, known) as Mapping
  for (const statement of Statement as readonly Mapping[])
    topic.addToResourcePolicy(PolicyStatement.fromJson(statement))
  return ['RotationFailed', 'RotationAbandoned', 'TestRotationFailed'].map((id) => {
    const properties = camelCased(resolved(propertiesOf(id), known))
    return new CfnRule(scope, id, properties as CfnRuleProps)
  })
}
