import { CfnAlarm, type CfnAlarmProps } from 'aws-cdk-lib/aws-cloudwatch'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { Construct } from 'constructs'
import type { Given } from './given.ts'
import { secondsOf } from './lambda.ts'
import { propertiesOf } from './made.ts'
import { camelCased, resolved } from './resolve.ts'

/** The template's alarms for a function: errors, throttles, and steps that take most of its time. */
export function alarmsOf(scope: Construct, { props, functionName, topic }: Given & { readonly topic: ITopic }) {
  const id = props.function
  const refs = {
    [id]: functionName,
    [`${id}Logs`]: `/aws/lambda/${functionName}`,
    TimeoutSeconds: secondsOf(props),
    AlarmTopicArn: topic.topicArn,
  }
  return ['Errors', 'Throttles', 'Duration'].map((part) => {
    const properties = resolved(propertiesOf(id + part), { functionName, refs, attributes: {} })
    return new CfnAlarm(scope, part, camelCased(properties) as CfnAlarmProps)
  })
}
