import { randomUUID } from 'node:crypto'
import { account, arnOfFunction, arnOfIdentity } from '../arns.ts'
import type { Invocation, RotationFunction } from '../functions/invocation.ts'
import type { ServiceError } from './errors.ts'
import { notFound, serviceError, unreadable } from './errors.ts'
import type { Service } from './store.ts'

export interface LambdaAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** What is sent as JSON; undefined for nothing. */
  readonly body: unknown
}

interface Request {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, unknown>>
  /** Undefined where it is not JSON. */
  readonly body: unknown
}

/** The operations of Lambda that this server has, by method and path (API reference: each operation's "Request Syntax"). */
const operations = [
  ['Invoke', 'POST', /^\/2015-03-31\/functions\/([^/]+)\/invocations$/],
  ['GetFunctionConfiguration', 'GET', /^\/2015-03-31\/functions\/([^/]+)\/configuration$/],
  ['GetPolicy', 'GET', /^\/2015-03-31\/functions\/([^/]+)\/policy$/],
  ['GetFunctionConcurrency', 'GET', /^\/2019-09-30\/functions\/([^/]+)\/concurrency$/],
] as const

export interface LambdaCall {
  readonly operation: (typeof operations)[number][0]
  readonly name: string
}

/** The operation of Lambda that a request is for; undefined where this server has no such operation. */
export function lambdaCall(method: string, path: string): LambdaCall | undefined {
  for (const [operation, its, pattern] of operations) {
    const name = method === its ? pattern.exec(path)?.[1] : undefined
    if (name !== undefined) return { operation, name: decodeURIComponent(name) }
  }
  return undefined
}

/**
 * Lambda's API for the functions that rotate secrets here, as far as operators ask it.
 * @throws ServiceError as Lambda answers
 */
export async function lambdaApi(
  { functions, region }: Pick<Service, 'functions' | 'region'>,
  { operation, name }: LambdaCall,
  request: Pick<Request, 'headers' | 'body'>,
): Promise<LambdaAnswer> {
  // A name, a whole ARN or a part of one, perhaps with a version or an alias behind it.
  const id = /(?:^|function:)([\w-]+)(?::[\w$-]+)?$/.exec(name)?.[1]
  const found = functions.find((each) => each.id === id)
  if (found === undefined) throw noSuchFunction(name)
  if (operation === 'Invoke') return invoked(found, region, request)
  if (operation === 'GetFunctionConfiguration') return { status: 200, body: configurationOf(found, region) }
  if (operation === 'GetFunctionConcurrency') return { status: 200, body: {} }
  return { status: 200, body: { Policy: JSON.stringify(policyOf(found, region)), RevisionId: randomUUID() } }
}

async function invoked(lambda: RotationFunction, region: string, { headers, body }: Pick<Request, 'headers' | 'body'>) {
  if (headers['x-amz-invocation-type'] === 'DryRun') return { status: 204, body: undefined }
  if (body === undefined) throw unreadable('Could not parse request body into json.')
  const outcome = await lambda.invoke(body, region)
  const shown = headers['x-amz-log-type'] === 'Tail' ? { 'x-amz-log-result': tailOf(outcome) } : {}
  const failed = outcome.ok ? {} : { 'x-amz-function-error': 'Unhandled' }
  const answer = outcome.ok ? (outcome.answer ?? null) : outcome.error
  return { status: 200, headers: { 'x-amz-executed-version': '$LATEST', ...shown, ...failed }, body: answer }
}

/** The last 4 kB of the log (API reference, Invoke, "LogResult"). */
function tailOf({ logs }: Invocation): string {
  return Buffer.from(logs).subarray(-4096).toString('base64')
}

function configurationOf(
  { id, handler = 'handler', runtime = 'nodejs24.x', timeoutMs, memoryMb }: RotationFunction,
  region: string,
) {
  return {
    FunctionName: id,
    FunctionArn: arnOfFunction(id, region),
    Runtime: runtime,
    Role: arnOfIdentity('iam', region, `role/${id}`),
    Handler: handler,
    ...(timeoutMs === undefined ? {} : { Timeout: timeoutMs / 1000 }),
    ...(memoryMb === undefined ? {} : { MemorySize: memoryMb }),
    Version: '$LATEST',
    PackageType: 'Zip',
    State: 'Active',
    LastUpdateStatus: 'Successful',
    LoggingConfig: { LogFormat: 'Text', LogGroup: `/aws/lambda/${id}` },
  }
}

/** The function's resource policy, as the template's AWS::Lambda::Permission makes it. */
function policyOf({ id }: RotationFunction, region: string) {
  const statement = {
    Sid: `${id}Permission`,
    Effect: 'Allow',
    Principal: { Service: 'secretsmanager.amazonaws.com' },
    Action: 'lambda:InvokeFunction',
    Resource: arnOfFunction(id, region),
    Condition: { StringEquals: { 'AWS:SourceAccount': account } },
  }
  return { Version: '2012-10-17', Id: 'default', Statement: [statement] }
}

function noSuchFunction(name: string): ServiceError {
  const { message, type } = notFound(`Function not found: ${name}`)
  return serviceError(type, message, 404)
}
