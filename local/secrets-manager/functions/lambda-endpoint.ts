import { arnOfFunction } from '../arns.ts'
import type { FunctionError, Invocation, RotationFunction } from './invocation.ts'

export interface LambdaEndpointOptions {
  /** How long an invocation may take, start of its container included, in milliseconds; 120,000 when left out. */
  readonly timeoutMs?: number
}

// Lambda's own limit.
const maxAnswerBytes = 6 * 1024 * 1024

/** Errors before anything was sent, so that the function was not run. */
const unreachable = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/**
 * A function that another program runs, invoked through Lambda's API (API reference, Invoke):
 * `sam local start-lambda`, for example. That program has the function's log.
 * @param endpoint the API's URL
 */
export function lambdaAt(endpoint: string, id: string, options: LambdaEndpointOptions = {}): RotationFunction {
  const { timeoutMs = 120_000 } = options
  const url = `${endpoint.replace(/\/+$/, '')}/2015-03-31/functions/${encodeURIComponent(id)}/invocations`
  const underWay = new Set<AbortController>()

  async function invoke(event: unknown): Promise<Invocation> {
    const controller = new AbortController()
    underWay.add(controller)
    const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(timeoutMs)])
    const about = { endpoint, id, timeoutMs, version: versionOf(event) }
    try {
      const answer = await post(url, event, signal)
      const error = problemIn(answer, about)
      return error === undefined ? { ok: true, logs: '', answer: answer.body } : { ok: false, error, logs: '' }
    } catch (cause) {
      return { ok: false, error: unanswered(cause, about), logs: '' }
    } finally {
      underWay.delete(controller)
    }
  }

  const kill = () => {
    for (const controller of underWay) controller.abort()
  }
  return { id, arn: arnOfFunction(id), invoke, kill, close: async () => kill() }
}

interface Invoked {
  readonly endpoint: string
  readonly id: string
  readonly timeoutMs: number
  readonly version: string
}

interface Answer {
  readonly status: number
  /** Set where the function, not Lambda, failed. */
  readonly functionError: string | null
  /** undefined when it is not JSON. */
  readonly body: unknown
}

async function post(url: string, event: unknown, signal: AbortSignal): Promise<Answer> {
  const headers = { 'content-type': 'application/json', 'x-amz-invocation-type': 'RequestResponse' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(event), redirect: 'error', signal })
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes <= maxAnswerBytes) chunks.push(chunk)
    else break
  }
  const body = bytes > maxAnswerBytes ? undefined : parse(Buffer.concat(chunks).toString())
  return { status: response.status, functionError: response.headers.get('x-amz-function-error'), body }
}

/** The error that an answer tells of; undefined where the function succeeded. */
function problemIn({ status, functionError, body }: Answer, about: Invoked): FunctionError | undefined {
  const { endpoint, id } = about
  const fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  if (status === 200 && functionError !== null) return thrown(fields, functionError)
  if (status === 200 && body !== undefined) return undefined
  if (status === 200) {
    const what = `Lambda at ${endpoint} gave no answer of ${id}: it crashed, it exceeded its timeout, or this is not Lambda.`
    return noAnswer(`${what} The log there says which.`, about)
  }
  if (status === 404) {
    const what = `Lambda at ${endpoint} has no function ${id}.`
    return notInvoked(`${what} Start sam local start-lambda with the template that has it.`, about)
  }
  const said = fields.Message ?? fields.message
  const reason = typeof said === 'string' ? `HTTP ${status}: ${said.slice(0, 500)}` : `HTTP ${status}`
  return notInvoked(`Lambda at ${endpoint} did not invoke ${id} (${reason}). The log there says why.`, about)
}

/** The function's own error, as Lambda returns it. */
function thrown(fields: Record<string, unknown>, functionError: string): FunctionError {
  const { errorType, errorMessage, trace, stackTrace } = fields
  return {
    errorType: typeof errorType === 'string' ? errorType : functionError,
    errorMessage: typeof errorMessage === 'string' ? errorMessage : 'The function failed without a message.',
    trace: ([trace, stackTrace].find(Array.isArray) ?? []).map(String),
  }
}

function unanswered(cause: unknown, about: Invoked): FunctionError {
  const { endpoint, id, timeoutMs } = about
  const { name = '' } = cause instanceof Error ? cause : {}
  if (name === 'AbortError') return noAnswer(`The invocation of ${id} at ${endpoint} was given up.`, about)
  if (name === 'TimeoutError') {
    const what = `Lambda at ${endpoint} gave no answer of ${id} within ${timeoutMs / 1000} s.`
    return noAnswer(`${what} The log there says what it waits for.`, about)
  }
  const code = codeOf(cause) ?? 'no reason given'
  if (!unreachable.has(code))
    return noAnswer(`Lambda at ${endpoint} broke off without an answer of ${id} (${code}).`, about)
  const what = `Lambda at ${endpoint} does not answer (${code}).`
  return notInvoked(`${what} Start sam local start-lambda, or correct --lambda-endpoint.`, about)
}

function notInvoked(what: string, { version }: Invoked): FunctionError {
  const errorMessage = `${what} Version ${version} stays pending; rotate-secret tries it again.`
  return { errorType: 'NotInvoked', errorMessage, trace: [] }
}

/** Nobody knows how far the step has come, and running it again does no harm. */
function noAnswer(what: string, { version }: Invoked): FunctionError {
  const errorMessage = `${what} Unless the step has ended all the same, version ${version} stays pending; rotate-secret tries it again.`
  return { errorType: 'NoAnswer', errorMessage, trace: [] }
}

/** `fetch` says no more than that it failed; the reason is in its cause, or in one of several. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if ('code' in error && typeof error.code === 'string') return error.code
  return codeOf(error.cause) ?? (error instanceof AggregateError ? codeOf(error.errors[0]) : undefined)
}

function versionOf(event: unknown): string {
  const { ClientRequestToken } = (event ?? {}) as { ClientRequestToken?: unknown }
  return String(ClientRequestToken)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
