import type { FunctionError } from './invocation.ts'

export interface Invoke {
  readonly event: unknown
  readonly requestId: string
  readonly functionName: string
  readonly functionArn: string
  readonly memoryLimitInMB: string
  /** Milliseconds since the epoch. */
  readonly deadline: number
}

export type Answer =
  | { readonly kind: 'succeeded'; readonly answer: unknown }
  | { readonly kind: 'failed'; readonly error: FunctionError }

export type Handler = (event: unknown, context: unknown) => unknown

/**
 * Calls a handler as Lambda does, and gives what it returns or throws as Lambda does. It never rejects.
 * @param loading the handler, or a promise that is rejected where it cannot be loaded
 */
export async function callHandler(loading: Handler | Promise<Handler>, message: Invoke): Promise<Answer> {
  const { event, requestId, deadline, ...about } = message
  try {
    const handler = await loading
    const answer = await handler(event, {
      functionName: about.functionName,
      functionVersion: '$LATEST',
      invokedFunctionArn: about.functionArn,
      memoryLimitInMB: about.memoryLimitInMB,
      awsRequestId: requestId,
      logGroupName: `/aws/lambda/${about.functionName}`,
      logStreamName: 'local',
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis: () => Math.max(deadline - Date.now(), 0),
    })
    return { kind: 'succeeded', answer: asJson(answer) }
  } catch (error) {
    return { kind: 'failed', error: asLambdaReturnsIt(error) }
  }
}

/** Lambda sends what JSON makes of an answer, and null where there is none. */
function asJson(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer ?? null))
}

function asLambdaReturnsIt(error: unknown): FunctionError {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] }
  const trace = (error.stack ?? '').split('\n')
  return { errorType: error.name, errorMessage: error.message, trace }
}
