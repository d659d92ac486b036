import { beforeAll, describe, expect, it } from 'vitest'
import { discoverFunctions } from '../../local/functions.ts'
import { errorCatalogue } from '../../shared/errors/catalogue.ts'
import { type Mapping, readTemplate } from '../../template/parsed.ts'
import { idOf } from '../../template/row.ts'
import { rows } from '../../template/rows.ts'
import { secretsManagerFor } from '../support/secrets-manager.ts'
import { deployed } from './deployed.ts'
import { allows, list, statementsOf } from './policies.ts'
import { account, deploy, type Stack, type Values } from './stack.ts'

const template = readTemplate('template.yaml')
const ids = Object.keys(await discoverFunctions())

const email = { AlarmEmail: 'ops@example.com' }
const topic = 'arn:aws:sns:us-east-1:000000000000:operators'
const events = ['RotationFailed', 'RotationAbandoned', 'TestRotationFailed'] as const

function ofType(stack: Stack, type: string): [string, Mapping][] {
  const found = Object.entries(stack.resources).filter(([, { Type }]) => Type === type)
  return found.map(([id, { Properties }]) => [id, Properties])
}

/** The event as CloudTrail sends it; the facts of it are in AWS's guide, "Secrets Manager entries in CloudTrail". */
function serviceEvent(eventName: string): Mapping {
  const secret = `arn:aws:secretsmanager:us-east-1:${account}:secret:orders/db-AbCdEf`
  const lambda = `arn:aws:lambda:us-east-1:${account}:function:keyturn-PostgresSingleUser`
  return {
    source: 'aws.secretsmanager',
    'detail-type': 'AWS Service Event via CloudTrail',
    time: '2026-11-22T03:00:00Z',
    detail: {
      eventSource: 'secretsmanager.amazonaws.com',
      eventName,
      eventType: 'AwsServiceEvent',
      requestParameters: null,
      errorMessage:
        eventName === 'RotationAbandoned' ? '' : `Error when executing lambda ${lambda} during setSecret step`,
      additionalEventData: { SecretId: secret },
    },
  }
}

function isMatched(pattern: Mapping, event: Mapping): boolean {
  return Object.entries(pattern).every(([key, wanted]) => {
    const value = event[key]
    return Array.isArray(wanted) ? wanted.some((one) => one === value) : isMatched(wanted as Mapping, value as Mapping)
  })
}

/** What EventBridge sends to the target: a template of quoted lines, with the values that its paths find. */
function message(rule: Mapping, event: Mapping): string {
  const { InputPathsMap, InputTemplate } = (list(rule.Targets)[0] as Mapping).InputTransformer as Mapping
  const at = (path: string) =>
    path
      .split('.')
      .slice(1)
      .reduce<unknown>((value, key) => (value as Mapping)[key], event)
  const paths = Object.entries(InputPathsMap as Mapping).map(([name, path]) => [name, at(String(path))] as const)
  const values = Object.fromEntries(paths)
  const lines = String(InputTemplate).split('\n')
  for (const line of lines) expect(line).toMatch(/^"[^"\\]+"$/)
  return lines.map((line) => line.slice(1, -1).replaceAll(/<(\w+)>/g, (_, name) => String(values[name]))).join('\n')
}

describe('nothing is watched unless somebody is to be told', () => {
  it('without an address there is no topic, no rule, no alarm and no dashboard', () => {
    const types = Object.values(deploy(template).resources).map(({ Type }) => Type)
    expect([...new Set(types)].sort()).toEqual([
      'AWS::IAM::Role',
      'AWS::Lambda::Permission',
      'AWS::Logs::LogGroup',
      'AWS::Serverless::Function',
    ])
  })

  it('an e-mail address gets a topic of its own, which EventBridge and the alarms of this account may use', () => {
    const { AlarmTopic, AlarmTopicPolicy } = deploy(template, email).resources
    expect(AlarmTopic?.Properties.Subscription).toEqual([{ Protocol: 'email', Endpoint: 'ops@example.com' }])
    const arn = `arn:aws:sns:us-east-1:${account}:keyturn-AlarmTopic`
    expect(AlarmTopicPolicy?.Properties.Topics).toEqual([arn])
    const statements = statementsOf(AlarmTopicPolicy?.Properties.PolicyDocument)
    const services = statements.map(({ Principal }) => (Principal as Mapping).Service)
    expect(services).toEqual(['events.amazonaws.com', 'cloudwatch.amazonaws.com'])
    expect(statements.map(({ Action, Resource }) => [Action, Resource])).toEqual(
      services.map(() => ['sns:Publish', arn]),
    )
    const [, alarms = {}] = statements
    const publish = (source: string) => {
      const request = { action: 'sns:Publish', resource: arn, context: { 'aws:SourceAccount': source } }
      const { Principal, ...rest } = alarms
      return allows([rest], request)
    }
    expect([publish(account), publish('111111111111')]).toEqual([true, false])
  })

  it('a topic of the user is told, and nothing of it is made or changed', () => {
    const stack = deploy(template, { AlarmTopicArn: topic })
    expect(ofType(stack, 'AWS::SNS::Topic')).toEqual([])
    expect(ofType(stack, 'AWS::SNS::TopicPolicy')).toEqual([])
  })

  it.each([
    [email, `arn:aws:sns:us-east-1:${account}:keyturn-AlarmTopic`],
    [{ AlarmTopicArn: topic }, topic],
  ])('every rule and every alarm of %o tells the operator', (values, arn) => {
    const stack = deploy(template, values as Values)
    const rules = ofType(stack, 'AWS::Events::Rule')
    expect(rules.map(([, { Targets }]) => list(Targets).map((each) => (each as Mapping).Arn))).toEqual(
      events.map(() => [arn]),
    )
    const alarms = ofType(stack, 'AWS::CloudWatch::Alarm')
    expect(alarms).toHaveLength(3 * ids.length)
    for (const [, { AlarmActions }] of alarms) expect(AlarmActions).toEqual([arn])
  })
})

describe('a failed rotation is told in words that help', () => {
  const { resources } = deploy(template, email)

  it.each(events)('%s is matched by its own rule alone', (event) => {
    const matching = events.filter((id) =>
      isMatched(resources[id]?.Properties.EventPattern as Mapping, serviceEvent(event)),
    )
    expect(matching).toEqual([event])
  })

  it('successes, starts and API calls are matched by none', () => {
    const others = ['RotationStarted', 'RotationSucceeded', 'TestRotationSucceeded', 'RotateSecret'].map(serviceEvent)
    const call = { ...serviceEvent('RotationFailed'), 'detail-type': 'AWS API Call via CloudTrail' }
    for (const event of [...others, call])
      for (const id of events) expect(isMatched(resources[id]?.Properties.EventPattern as Mapping, event)).toBe(false)
  })

  it.each(events)('the message of %s names the secret, the step and the query to run', (id) => {
    const text = message(resources[id]?.Properties ?? {}, serviceEvent(id))
    const secret = `arn:aws:secretsmanager:us-east-1:${account}:secret:orders/db-AbCdEf`
    expect(text).toContain(secret)
    expect(text).toContain('2026-11-22T03:00:00Z')
    if (id !== 'RotationAbandoned') expect(text).toContain('keyturn-PostgresSingleUser during setSecret step')
    expect(text).toMatch(new RegExp(`^fields @timestamp, function, step, .*secret = '${secret}'.*$`, 'm'))
    expect(text).not.toMatch(/undefined|null|[<>]/)
  })
})

describe.each(ids)('the alarms of %s', (id) => {
  const { resources } = deploy(template, { ...email, TimeoutSeconds: 60 })
  const alarm = (part: string) => resources[id + part]?.Properties ?? {}
  const dimensions = [{ Name: 'FunctionName', Value: `keyturn-${id}` }]

  it.each(['Errors', 'Throttles'])('one of its %s is enough', (metric) => {
    expect(alarm(metric)).toMatchObject({
      Namespace: 'AWS/Lambda',
      MetricName: metric,
      Dimensions: dimensions,
      Statistic: 'Sum',
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    })
  })

  it('have one for a step that takes more than 80 % of the timeout', () => {
    const [duration, share] = list(alarm('Duration').Metrics) as Mapping[]
    expect(duration?.MetricStat).toMatchObject({
      Metric: { Namespace: 'AWS/Lambda', MetricName: 'Duration', Dimensions: dimensions },
      Stat: 'Maximum',
    })
    const [, seconds, factor] = /^duration \/ \((\d+) \* (\d+)\)$/.exec(String(share?.Expression)) ?? []
    const perCent = (milliseconds: number) => milliseconds / (Number(seconds) * Number(factor))
    const { timeout = 60 } = rows.find((row) => idOf(row) === id) ?? {}
    expect([perCent(timeout * 1_000), perCent(timeout * 500)]).toEqual([100, 50])
    expect(alarm('Duration')).toMatchObject({ Threshold: 80, ComparisonOperator: 'GreaterThanThreshold' })
  })

  it('say where to look, and stay below what CloudWatch takes', () => {
    for (const part of ['Errors', 'Duration']) {
      expect(alarm(part).AlarmDescription).toContain(`/aws/lambda/keyturn-${id}`)
      expect(alarm(part).AlarmDescription).toContain(`keyturn-${id}`)
    }
    for (const part of ['Errors', 'Throttles', 'Duration'])
      expect(String(alarm(part).AlarmDescription).length).toBeLessThan(1024)
  })
})

describe('the dashboard and the queries', () => {
  interface Widget {
    readonly type: 'log' | 'metric'
    readonly properties: { readonly query?: string; readonly metrics?: [[{ expression: string }]] }
  }

  function widgets(values: Values): Widget[] {
    const { RotationDashboard } = deploy(template, { Dashboard: 'yes', ...values }).resources
    return JSON.parse(String(RotationDashboard?.Properties.DashboardBody)).widgets
  }
  const queries = (all: readonly Widget[]) => all.flatMap(({ properties }) => properties.query ?? [])
  const searches = (all: readonly Widget[]) =>
    all.flatMap(({ properties }) => properties.metrics?.map(([{ expression }]) => expression) ?? [])

  const logged: Record<string, unknown>[] = []
  beforeAll(async () => {
    // One with a gap publishes all metrics that there are.
    const type = deployed.find(({ oldValue }) => oldValue === 'is refused')
    if (type === undefined) throw new Error('no function has a gap')
    await using secrets = await secretsManagerFor(type.function)
    await secrets.rotate(await secrets.store((await type.fresh(secrets)).value))
    await expect(secrets.rotate(await secrets.store('{"no":"login"}'))).rejects.toThrow('createSecret')
    for (const line of secrets.output().split('\n')) if (line.startsWith('{')) logged.push(JSON.parse(line))
  })

  it.each(ids.map((id) => [id]))('with %s alone it asks for that log group alone', (id) => {
    const off = Object.fromEntries(ids.filter((other) => other !== id).map((other) => [`With${other}`, 'no']))
    const groups = queries(widgets(off)).flatMap((query) => query.match(/SOURCE '[^']+' \| /g))
    expect(new Set(groups)).toEqual(new Set([`SOURCE '/aws/lambda/keyturn-${id}' | `]))
  })

  it('its widgets lie side by side, none on another', () => {
    const places = widgets({}).map((widget) => widget as unknown as Record<'x' | 'y' | 'width' | 'height', number>)
    const cells = places.flatMap(({ x, y, width, height }) =>
      Array.from({ length: width * height }, (_, cell) => `${x + (cell % width)},${y + Math.floor(cell / width)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    expect(Math.max(...places.map(({ x, width }) => x + width))).toBe(24)
  })

  it('its graphs search for metrics that the functions publish, with just their dimensions', () => {
    const published = logged.flatMap(({ _aws }) => {
      const metrics = (
        _aws as { CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[] }
      )?.CloudWatchMetrics
      return (metrics ?? []).flatMap(({ Namespace, Dimensions, Metrics }) =>
        Metrics.flatMap(({ Name }) => Dimensions.map((names) => `${Namespace},${names.toSorted()} ${Name}`)),
      )
    })
    const searched = searches(widgets({})).map((expression) => {
      const [, schema, name] = /^SEARCH\('\{([^}]+)\} MetricName="(\w+)"/.exec(expression) ?? []
      return `${schema} ${name}`
    })
    expect(new Set(searched)).toEqual(new Set(published))
  })

  it('its failures are all outcomes but the one of success, and no error code is called like that', () => {
    const [durations = '', , failures = ''] = searches(widgets({}))
    expect(durations).toContain('outcome="ok"')
    expect(failures).toContain('NOT outcome="ok"')
    expect(logged.filter(({ outcome, _aws }) => _aws && outcome === 'ok').length).toBeGreaterThan(3)
    expect(Object.keys(errorCatalogue)).not.toContain('ok')
  })

  it('every query, also in alarms and messages, asks for messages and fields that the log lines have', () => {
    const { resources } = deploy(template, { ...email, Dashboard: 'yes' })
    const alarms = Object.values(resources).map(({ Properties }) => String(Properties.AlarmDescription ?? ''))
    const told = events.map((id) => message(resources[id]?.Properties ?? {}, serviceEvent(id)))
    const inTexts = [...alarms, ...told].flatMap((text) => text.match(/fields @timestamp.*?limit \d+/g) ?? [])
    const all = [...queries(widgets({})), ...inTexts]
    expect(all).toHaveLength(3 + 3 * ids.length + 3)
    const lines = logged.filter(({ _aws }) => _aws === undefined)
    const known = new Set(lines.flatMap((line) => fieldsOf(line)))
    const values = new Set(lines.flatMap(({ message: text, step }) => [text, step]))
    for (const query of all) {
      const aliases = [...query.matchAll(/ as (\w+)/g)].map(([, name]) => name)
      const words = query
        .replaceAll(/SOURCE '[^']+'/g, '')
        .replaceAll(/'[^']*'/g, '')
        .match(/@?[a-zA-Z][\w.]*/g)
      const strange = words?.filter((word) => !known.has(word) && !language.has(word) && !aliases.includes(word))
      expect(strange, query).toEqual([])
      for (const [, value] of query.matchAll(/(?:message|step) = '([^']*)'/g)) expect(values, query).toContain(value)
    }
  })

  /** The words of CloudWatch Logs Insights that the queries use. */
  const language = new Set(
    'fields filter stats sort limit by as and desc ispresent count max pct @timestamp'.split(' '),
  )

  /** As Logs Insights names them: `error.message`, `done.0`. */
  function fieldsOf(value: unknown, prefix = ''): string[] {
    if (typeof value !== 'object' || value === null) return [prefix]
    // A step may do more than the steps of one rotation did.
    const more = Array.isArray(value) ? ['0', '1', '2'].map((index) => `${prefix}.${index}`) : []
    return Object.entries(value)
      .flatMap(([key, item]) => fieldsOf(item, prefix === '' ? key : `${prefix}.${key}`))
      .concat(more)
  }
})
