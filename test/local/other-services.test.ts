import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch'
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { EventBridgeClient, ListRulesCommand } from '@aws-sdk/client-eventbridge'
import { GetUserCommand, IAMClient } from '@aws-sdk/client-iam'
import { KMSClient, ListKeysCommand } from '@aws-sdk/client-kms'
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda'
import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds'
import { ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { ListServersCommand, TransferClient } from '@aws-sdk/client-transfer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LocalSecretsManager, startLocalSecretsManager } from '../../local/secrets-manager/start.ts'

let local: LocalSecretsManager
let settings: {
  endpoint: string
  region: string
  credentials: { accessKeyId: string; secretAccessKey: string }
  maxAttempts: number
}
beforeAll(async () => {
  local = await startLocalSecretsManager({ functions: {} })
  const credentials = { accessKeyId: 'application', secretAccessKey: 'local' }
  settings = { endpoint: local.endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 }
})
afterAll(() => local.close())

const named = 'With AWS_ENDPOINT_URL_SECRETS_MANAGER instead of AWS_ENDPOINT_URL'

// Each protocol that AWS has, by SDKs that speak it: form and XML in two ways, JSON with a target, JSON by path, CBOR.
test.each([
  ['iam', async () => new IAMClient(settings).send(new GetUserCommand({ UserName: 'x' }))],
  ['sts', async () => new STSClient(settings).send(new GetCallerIdentityCommand({}))],
  ['rds', async () => new RDSClient(settings).send(new DescribeDBInstancesCommand({}))],
  ['sns', async () => new SNSClient(settings).send(new ListTopicsCommand({}))],
  ['ec2', async () => new EC2Client(settings).send(new DescribeVpcsCommand({}))],
  ['monitoring', async () => new CloudWatchClient(settings).send(new DescribeAlarmsCommand({}))],
  ['kms', async () => new KMSClient(settings).send(new ListKeysCommand({}))],
  ['events', async () => new EventBridgeClient(settings).send(new ListRulesCommand({}))],
  ['transfer', async () => new TransferClient(settings).send(new ListServersCommand({}))],
  ['logs', async () => new CloudWatchLogsClient(settings).send(new DescribeLogGroupsCommand({}))],
  ['lambda', async () => new LambdaClient(settings).send(new ListFunctionsCommand({}))],
])('the SDK of %s is told that its endpoint is wrong, and which variable mends that', async (service, call) => {
  await expect(call()).rejects.toMatchObject({
    name: 'UnknownOperationException',
    message: expect.stringContaining(`A call to ${service} is not answered. ${named}`),
  })
})

const signed = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=AKID/20261128/eu-west-1/${service}/aws4_request, Signature=0`,
})

test.each([
  ['s3', /^<Error><Code>UnknownOperationException<\/Code><Message>.*A call to s3 is not answered/],
  ['ec2', /^<Response><Errors><Error><Code>UnknownOperationException<\/Code>/],
  ['route53', /^<ErrorResponse><Error><Type>Sender<\/Type><Code>UnknownOperationException<\/Code>/],
])('%s is answered in its own XML', async (service, expected) => {
  const response = await fetch(`${local.endpoint}/bucket/key`, { headers: signed(service) })
  expect(response.headers.get('content-type')).toBe('text/xml')
  expect(await response.text()).toMatch(expected)
})

test('a call in CBOR is answered in CBOR', async () => {
  const headers = { ...signed('monitoring'), 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' }
  const url = `${local.endpoint}/service/GraniteServiceVersion20100801/operation/DescribeAlarms`
  const response = await fetch(url, { method: 'POST', headers, body: Buffer.from([0xa0]) })
  expect(response.headers.get('smithy-protocol')).toBe('rpc-v2-cbor')
  const body = Buffer.from(await response.arrayBuffer())
  expect(body.subarray(0, 1).toString('hex')).toBe('a2')
  expect(body.toString()).toContain('A call to monitoring is not answered.')
})

test('an unsigned request is named by its target, and becomes no part of the XML', async () => {
  const ask = async (headers: Record<string, string>) =>
    (await fetch(local.endpoint, { method: 'POST', headers, body: '{}' })).text()
  expect(await ask({ 'x-amz-target': 'DynamoDB_20120810.ListTables' })).toContain('A call to DynamoDB_20120810 is')
  expect(await ask({})).toContain('A call to an unknown service is')
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  expect(await ask({ ...form, ...signed('<script>') })).toContain('A call to an unknown service is')
})
