import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Mapping, readTemplate, type Value } from '../../template/parsed.ts'
import { repositoryPath } from '../support/function-under-test.ts'
import { statementsOf, statementsOfRole } from '../template/policies.ts'
import { deploy } from '../template/stack.ts'
import { configurationOf, statementsOfDocument } from './hcl.ts'
import { asDeployed, comparable } from './same.ts'
import { fileOf } from './support/installed.ts'

const read = (path: string) => readFileSync(repositoryPath(path), 'utf8')
const text = read('examples/terraform/main.tf')
const page = read('docs/terraform.md')
const id = 'PostgresSingleUser'
const name = `keyturn-${id}`
const topic = 'arn:aws:sns:us-east-1:000000000000:operators'
const superuser = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:superuser-AbCdEf'
const key = 'arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const values: Record<string, Value> = {
  name,
  subnet_ids: ['subnet-0a1b2c3d'],
  alarm_topic_arn: topic,
  superuser_secret_arns: [superuser],
  kms_key_arns: [key],
}
const { block } = await configurationOf(text, values)
const stack = deploy(readTemplate('template.yaml'), {
  AlarmTopicArn: topic,
  SubnetIds: 'subnet-0a1b2c3d',
  SecurityGroupIds: 'sg-0a1b2c3d',
  SuperuserSecretArns: superuser,
  KmsKeyArns: key,
})
const propertiesOf = (resource: string): Mapping => stack.resources[resource]?.Properties ?? {}
const inner = (of: Mapping, kind: string): Mapping => ((of[kind] ?? []) as Mapping[])[0] ?? {}
/** An expression of Terraform that is nothing but a reference or a call. */
const expressed = (what: string) => `\${${what}}`
/** The statements of the template, with this one function in the place of all. */
const statements = (role: string) =>
  statementsOfRole(stack, role).map((one) => comparable(one).replaceAll('function:keyturn-*', `function:${name}`))

describe('examples/terraform/main.tf', () => {
  it('says in its first line, as does its page, that it was never applied to AWS', () => {
    expect(text).toMatch(/^# Never applied to AWS\./)
    expect(page).toMatch(/^# Terraform\n\nAn example, which was never applied to AWS/)
  })

  it('is a function as in the template, of the zip of a release', () => {
    const { CodeUri, Role, VpcConfig, ...wanted } = asDeployed(propertiesOf(id))
    const own = block('resource', 'aws_lambda_function', 'rotation')
    const { log_format, log_group } = inner(own, 'logging_config')
    expect({
      FunctionName: own.function_name,
      Description: own.description,
      Handler: own.handler,
      Runtime: own.runtime,
      Architectures: own.architectures,
      MemorySize: own.memory_size,
      Timeout: own.timeout,
      LoggingConfig: { LogFormat: log_format, LogGroup: log_group },
      Environment: { Variables: inner(own, 'environment').variables },
    }).toEqual(wanted)
    expect(inner(own, 'vpc_config').subnet_ids).toEqual((VpcConfig as Mapping).SubnetIds)
    expect([own.filename, own.source_code_hash]).toEqual([expressed('var.zip'), expressed('filebase64sha256(var.zip)')])
    expect(own).not.toHaveProperty('reserved_concurrent_executions')
  })

  it('has a role that allows what the template allows, and no more', () => {
    const document = block('data', 'aws_iam_policy_document', 'rotation')
    // No customer managed key: the page has that statement.
    const wanted = statements(`${id}Role`).filter((one) => !one.includes('kms:'))
    expect(statementsOfDocument(document).map(comparable).sort()).toEqual(wanted.sort())
    const { assume_role_policy } = block('resource', 'aws_iam_role', 'rotation')
    expect(assume_role_policy).toBe(expressed('data.aws_iam_policy_document.assumed_by_lambda.json'))
    const trusted = statementsOf(propertiesOf(`${id}Role`).AssumeRolePolicyDocument)
    const assumed = block('data', 'aws_iam_policy_document', 'assumed_by_lambda')
    expect(statementsOfDocument(assumed).map(comparable)).toEqual(trusted.map(comparable))
  })

  it('lets Secrets Manager of the account invoke the function, and nobody else', () => {
    const own = block('resource', 'aws_lambda_permission', 'secrets_manager')
    expect({
      FunctionName: own.function_name,
      Action: own.action,
      Principal: own.principal,
      SourceAccount: own.source_account,
    }).toEqual(propertiesOf(`${id}Permission`))
  })

  it('has a log group of its own, kept as long as the template keeps it', () => {
    const own = block('resource', 'aws_cloudwatch_log_group', 'rotation')
    expect({ LogGroupName: own.name, RetentionInDays: own.retention_in_days }).toEqual(propertiesOf(`${id}Logs`))
  })

  it("has the template's alarm for errors", () => {
    const { AlarmDescription, Dimensions, ...wanted } = propertiesOf(`${id}Errors`)
    const own = block('resource', 'aws_cloudwatch_metric_alarm', 'errors')
    expect({
      Namespace: own.namespace,
      MetricName: own.metric_name,
      Statistic: own.statistic,
      Period: own.period,
      EvaluationPeriods: own.evaluation_periods,
      Threshold: own.threshold,
      ComparisonOperator: own.comparison_operator,
      TreatMissingData: own.treat_missing_data,
      AlarmActions: own.alarm_actions,
    }).toEqual(wanted)
    expect([own.dimensions]).toEqual((Dimensions as Mapping[]).map(({ Name, Value }) => ({ [String(Name)]: Value })))
    expect(String(AlarmDescription)).toContain(String(own.alarm_description))
  })

  it("lets the function out to the database's port and to 443, and into the database's group", () => {
    const rule = (kind: string, one: string) => block('resource', `aws_vpc_security_group_${kind}_rule`, one)
    const port = {
      from_port: expressed('var.database.port'),
      to_port: expressed('var.database.port'),
      ip_protocol: 'tcp',
    }
    const [own, database] = [expressed('aws_security_group.rotation.id'), expressed('var.database_security_group_id')]
    expect(rule('ingress', 'database')).toMatchObject({
      ...port,
      security_group_id: database,
      referenced_security_group_id: own,
    })
    expect(rule('egress', 'database')).toMatchObject({
      ...port,
      security_group_id: own,
      referenced_security_group_id: database,
    })
    expect(rule('egress', 'secrets_manager')).toMatchObject({ security_group_id: own, from_port: 443, to_port: 443 })
    expect(inner(block('resource', 'aws_lambda_function', 'rotation'), 'vpc_config').security_group_ids).toEqual([own])
  })

  it('turns rotation on with the schedule of the other examples, and rotates nothing', () => {
    const { RotationRules, RotateImmediatelyOnUpdate } =
      readTemplate('examples/secret-with-schedule.yaml').Resources.Schedule?.Properties ?? {}
    const own = block('resource', 'aws_secretsmanager_secret_rotation', 'login')
    const { schedule_expression, duration } = inner(own, 'rotation_rules')
    expect({ ScheduleExpression: schedule_expression, Duration: duration }).toEqual(RotationRules)
    expect(own.rotate_immediately).toBe(RotateImmediatelyOnUpdate)
    expect(own.rotate_immediately).toBe(false)
  })

  it('makes the value, the permission and the rules before the schedule, and never puts an old value back', () => {
    const { depends_on } = block('resource', 'aws_secretsmanager_secret_rotation', 'login')
    const first = [
      'aws_secretsmanager_secret_version.login',
      'aws_lambda_permission.secrets_manager',
      'aws_vpc_security_group_egress_rule.secrets_manager',
      'aws_vpc_security_group_egress_rule.database',
      'aws_vpc_security_group_ingress_rule.database',
    ]
    expect(depends_on).toEqual(first.map(expressed))
    const version = block('resource', 'aws_secretsmanager_secret_version', 'login')
    expect(inner(version, 'lifecycle').ignore_changes).toContain(expressed('secret_string'))
  })
})

describe('docs/terraform.md', () => {
  it("has the further statements that other roles need, in the form of the role's document", async () => {
    const head = 'data "aws_iam_policy_document" "rotation" {\n'
    expect(text).toContain(head)
    const [statementsOfPage, variables] = [
      await fileOf('docs/terraform.md', 'statements.tf'),
      await fileOf('docs/terraform.md', 'variables.tf'),
    ]
    const whole = `${text.replace(head, head + statementsOfPage)}\n${variables}`
    const configuration = await configurationOf(whole, values)
    const document = statementsOfDocument(configuration.block('data', 'aws_iam_policy_document', 'rotation'))
    const ofAlternating = statements('PostgresAlternatingUsersRole')
    const own = ofAlternating.map((one) => one.replaceAll('PostgresAlternatingUsers', id))
    expect(document.map(comparable).sort()).toEqual(own.sort())
    for (const [, name] of statementsOfPage.matchAll(/var\.(\w+)/g))
      expect(configuration.block('variable', String(name)).type).toBe(expressed('list(string)'))
  })

  it('gives a value to each variable that needs one, but for the password', async () => {
    const given = await configurationOf(await fileOf('docs/terraform.md', 'terraform.tfvars'), {})
    const needed = [...text.matchAll(/^variable "(\w+)" \{\n(.*?)^\}$/gms)].flatMap(([, name = '', body = '']) =>
      /^ {2}default /m.test(body) ? [] : [name],
    )
    expect([...given.names, 'password'].sort()).toEqual(needed.sort())
    expect(page).toContain('export TF_VAR_password\n')
    expect(page).not.toMatch(/-var '?password/)
  })

  it('makes nothing but a schedule for a secret that exists already', async () => {
    const removed = [
      /^variable "password" \{\n.*?^\}\n/ms,
      /^resource "aws_secretsmanager_secret" "login" \{\n.*?^\}\n/ms,
      /^resource "aws_secretsmanager_secret_version" "login" \{\n.*?^\}\n/ms,
      /^ {4}aws_secretsmanager_secret_version\.login,\n/m,
    ]
    const rest = removed.reduce((left, part) => left.replace(part, ''), text)
    const there = 'data.aws_secretsmanager_secret.login'
    const whole = `${rest.replaceAll('aws_secretsmanager_secret.login', there)}\n${await fileOf('docs/terraform.md', 'existing.tf')}`
    const configuration = await configurationOf(whole, values)
    expect(configuration.block('data', 'aws_secretsmanager_secret', 'login').name).toBe('my/database')
    const { secret_id } = configuration.block('resource', 'aws_secretsmanager_secret_rotation', 'login')
    expect([secret_id, configuration.block('output', 'secret_arn').value]).toEqual(
      [`${there}.id`, `${there}.arn`].map(expressed),
    )
    // Nothing of what went is spoken of any more.
    expect(whole).not.toMatch(/var\.password|(?<!data\.)aws_secretsmanager_secret(_version)?\.login/)
  })
})
