import { describe, expect, it } from 'vitest'
import { type Mapping, readTemplate } from '../../template/parsed.ts'
import { allows, statementsOfRole } from './policies.ts'
import { account, deploy } from './stack.ts'

const template = readTemplate('template.yaml')
const on = { WithOverdue: 'yes', AlarmEmail: 'ops@example.com' }
const stack = deploy(template, on)
const propertiesOf = (id: string): Mapping => ({ ...stack.resources[id]?.Properties })

describe('Overdue in the template', () => {
  it('is off unless it is asked for, and nothing of it is left then', () => {
    const without = Object.keys(deploy(template, { AlarmEmail: 'ops@example.com' }).resources)
    const more = Object.keys(stack.resources).filter((id) => !without.includes(id))
    const alarms = ['SecretsNeedAttention', 'OverdueFailed']
    const parts = ['Overdue', 'OverdueDaily', 'OverdueInvocation', 'OverdueLogs', 'OverdueRole']
    expect(more.sort()).toEqual([...parts, ...alarms].sort())
    const silent = Object.keys(deploy(template, { WithOverdue: 'yes' }).resources)
    expect(alarms.filter((id) => silent.includes(id))).toEqual([])
  })

  it('may list the secrets, write its log, and do nothing else', () => {
    const statements = statementsOfRole(stack, 'OverdueRole')
    const resource = `arn:aws:secretsmanager:us-east-1:${account}:secret:any-AbCdEf`
    expect(statements).toHaveLength(2)
    expect(allows(statements, { action: 'secretsmanager:ListSecrets', resource: '*' })).toBe(true)
    for (const action of ['GetSecretValue', 'DescribeSecret', 'PutSecretValue', 'RotateSecret'])
      expect(allows(statements, { action: `secretsmanager:${action}`, resource })).toBe(false)
    expect(allows(statements, { action: 'cloudwatch:PutMetricData', resource: '*' })).toBe(false)
  })

  it('is invoked once a day, and by its own rule alone', () => {
    expect(propertiesOf('OverdueDaily')).toMatchObject({
      ScheduleExpression: 'cron(0 6 * * ? *)',
      Targets: [{ Arn: `arn:aws:lambda:us-east-1:${account}:function:keyturn-Overdue` }],
    })
    expect(propertiesOf('OverdueInvocation')).toMatchObject({
      FunctionName: 'keyturn-Overdue',
      Principal: 'events.amazonaws.com',
      SourceArn: `arn:aws:events:us-east-1:${account}:rule/keyturn-OverdueDaily`,
    })
  })

  it('raises an alarm when a secret needs attention, until the next day', () => {
    const { Metrics, ...alarm } = propertiesOf('SecretsNeedAttention')
    expect(alarm).toMatchObject({ Threshold: 1, EvaluationPeriods: 1, TreatMissingData: 'ignore' })
    const metrics = Metrics as Mapping[]
    const asked = metrics.flatMap(({ MetricStat }) =>
      MetricStat === undefined ? [] : [(MetricStat as Mapping).Metric],
    )
    const Dimensions = [{ Name: 'service', Value: 'keyturn-Overdue' }]
    expect(asked).toEqual(
      ['SecretsOverdue', 'SecretsStuck', 'SecretsOff'].map((MetricName) => ({
        Namespace: 'Keyturn',
        MetricName,
        Dimensions,
      })),
    )
    expect(metrics.filter(({ ReturnData }) => ReturnData !== false)).toMatchObject([
      { Expression: 'overdue + stuck + off' },
    ])
    expect(propertiesOf('OverdueFailed')).toMatchObject({ MetricName: 'Errors', Threshold: 3, Period: 3600 })
  })
})
