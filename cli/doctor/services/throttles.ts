import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import type { Settings } from '../../aws/connection.ts'

const days = 3

/** How often Lambda refused to start a function in the last three days. Throws what the SDK throws. */
export async function throttlesOf(settings: Settings, functionName: string, now: number): Promise<number> {
  const client = new CloudWatchClient(settings)
  const Metric = {
    Namespace: 'AWS/Lambda',
    MetricName: 'Throttles',
    Dimensions: [{ Name: 'FunctionName', Value: functionName }],
  }
  const answer = await client.send(
    new GetMetricDataCommand({
      StartTime: new Date(now - days * 86_400_000),
      EndTime: new Date(now),
      MetricDataQueries: [{ Id: 'throttles', MetricStat: { Metric, Period: 3600, Stat: 'Sum' } }],
    }),
  )
  return (answer.MetricDataResults?.[0]?.Values ?? []).reduce((sum, each) => sum + each, 0)
}
