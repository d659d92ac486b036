import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail'
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { EC2Client } from '@aws-sdk/client-ec2'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { IAMClient } from '@aws-sdk/client-iam'
import { KMSClient } from '@aws-sdk/client-kms'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { RDSClient } from '@aws-sdk/client-rds'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SNSClient } from '@aws-sdk/client-sns'
import { account as accountId, defaultRegion } from '../../../local/secrets-manager/arns.ts'
import type { RotationFunction } from '../../../local/secrets-manager/functions/invocation.ts'
import {
  type LocalOptions,
  type LocalSecretsManager,
  startLocalSecretsManager,
} from '../../../local/secrets-manager/start.ts'
import { startMoto } from '../../support/moto.ts'
import { lookupEvents, type MadeCall } from './lookup-events.ts'
import { simulatePolicy } from './simulate-policy.ts'

/** A call to AWS: `iam` and `SimulatePrincipalPolicy`, for example. */
export interface AwsCall {
  readonly service: string
  readonly action: string
}

/** An account of AWS behind one address: the laptop's Secrets Manager, moto, and stand-ins for two calls that it lacks. */
export interface AwsAccount extends AsyncDisposable {
  readonly endpoint: string
  /** Where the services but Secrets Manager are by themselves, for calls with bytes that are no text. */
  readonly moto: string
  readonly local: LocalSecretsManager
  readonly clients: ReturnType<typeof clientsOf>
  /** Every call through the address, in order. */
  readonly calls: AwsCall[]
  /** Other callers' calls that CloudTrail has. */
  readonly made: MadeCall[]
  /** Refuses a call where it gives true. */
  forbids: (call: AwsCall) => boolean
  /** Whether a policy of the organization allows what roles do. */
  organizationAllows: boolean
  /** The stand-in for Secrets Manager: moto has replicas and secrets that RDS manages, the laptop's has rotations. */
  secretsBy: 'local' | 'moto'
}

export async function awsAccount(
  functions: Readonly<Record<string, RotationFunction>>,
  intercept: NonNullable<LocalOptions['intercept']> = () => undefined,
): Promise<AwsAccount> {
  const [moto, local] = await Promise.all([
    startMoto({ MOTO_ACCOUNT_ID: accountId, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }),
    startLocalSecretsManager({ functions, retryDelaysMs: [], intercept }),
  ])
  const direct = clientsOf(moto.endpoint)
  // A bucket, which a trail has to have.
  await (await fetch(`${moto.endpoint}/trails`, { method: 'PUT' })).arrayBuffer()

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const body = await text(request)
    const call = callOf(request, body)
    account.calls.push(call)
    const { service, action } = call
    if (account.forbids(call)) return refuse(response, request)
    if (service === 'iam' && action === 'SimulatePrincipalPolicy')
      return give(response, 200, 'text/xml', await simulatePolicy(direct.iam, body, account.organizationAllows))
    if (service === 'cloudtrail' && action === 'LookupEvents')
      return give(response, 200, 'application/x-amz-json-1.1', lookupEvents(body, local.events.list(), account.made))
    const isLocal = service === 'secretsmanager' && account.secretsBy === 'local'
    const to = isLocal || request.url?.endsWith('/invocations') ? local.endpoint : moto.endpoint
    const {
      host,
      'content-length': _,
      connection,
      'accept-encoding': __,
      ...headers
    } = request.headers as Record<string, string>
    const { method = 'POST', url = '/' } = request
    const passed = await fetch(`${to}${url}`, { method, headers, ...(method === 'GET' ? {} : { body }) })
    const type = passed.headers.get('content-type') ?? 'text/plain'
    const error = passed.headers.get('x-amzn-errortype')
    return give(response, passed.status, type, Buffer.from(await passed.arrayBuffer()), error)
  }
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => give(response, 500, 'text/plain', String(error)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const account: AwsAccount = {
    endpoint,
    // Its CloudFormation takes the first part of a URL's path for a bucket only under this name.
    moto: moto.endpoint.replace('127.0.0.1', 'localhost'),
    local,
    clients: { ...direct, secrets: clientsOf(endpoint).secrets },
    calls: [],
    made: [],
    forbids: () => false,
    organizationAllows: true,
    secretsBy: 'local',
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await Promise.all([local.close(), moto[Symbol.asyncDispose]()])
    },
  }
  return account
}

function clientsOf(endpoint: string) {
  const settings = { endpoint, region: defaultRegion, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
  return {
    secrets: new SecretsManagerClient(settings),
    lambda: new LambdaClient(settings),
    iam: new IAMClient(settings),
    ec2: new EC2Client(settings),
    kms: new KMSClient(settings),
    logs: new CloudWatchLogsClient(settings),
    metrics: new CloudWatchClient(settings),
    trail: new CloudTrailClient(settings),
    events: new EventBridgeClient(settings),
    sns: new SNSClient(settings),
    rds: new RDSClient(settings),
  }
}

/** The service is in the signature, the action in a header, in the body or in the path. */
function callOf({ headers, method, url = '' }: IncomingMessage, body: string): AwsCall {
  const service = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? ''
  const target = String(headers['x-amz-target'] ?? '')
    .split('.')
    .at(-1)
  const action = target || new URLSearchParams(body).get('Action') || `${method} ${url}`
  return { service, action }
}

function give(response: ServerResponse, status: number, type: string, body: string | Buffer, error?: string | null) {
  response.writeHead(status, { 'content-type': type, ...(error && { 'x-amzn-errortype': error }) }).end(body)
}

/** Refuses a request in JSON, or in XML where it speaks the query protocol. */
function refuse(response: ServerResponse, { headers }: IncomingMessage) {
  const message = 'User: operator is not authorized to perform this'
  if (/urlencoded/.test(String(headers['content-type']))) {
    const error = `<Error><Code>AccessDenied</Code><Message>${message}</Message></Error>`
    return give(response, 403, 'text/xml', `<ErrorResponse>${error}<Errors>${error}</Errors></ErrorResponse>`)
  }
  return give(response, 403, 'application/x-amz-json-1.1', JSON.stringify({ __type: 'AccessDeniedException', message }))
}
