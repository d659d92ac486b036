import { CannotAsk } from '../failures.ts'
import { plain } from '../terminal.ts'

/**
 * Awaits a call of AWS.
 * @param action as IAM calls it: `secretsmanager:ListSecrets`
 * @throws CannotAsk, which says what to do
 */
export async function ask<T>(action: string, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    const { name = '', message = String(error) } = error instanceof Error ? error : {}
    const said = plain(message)
    const what = explanation(name, said, action, error) ?? `${action} failed: ${name}: ${said}`
    throw new CannotAsk(what, isAnswer(error) ? name : undefined, { cause: error })
  }
}

/** As `ask`, but gives undefined where AWS answers with one of these errors. */
export async function askUnless<T>(names: readonly string[], action: string, call: Promise<T>): Promise<T | undefined> {
  try {
    return await ask(action, call)
  } catch (error) {
    if (error instanceof CannotAsk && error.awsName !== undefined && names.includes(error.awsName)) return undefined
    throw error
  }
}

/** Whether the error is AWS's own answer, and not a failure of the network or of the SDK. */
function isAnswer(error: unknown): boolean {
  return error instanceof Error && '$fault' in error
}

const unknownCaller = [
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
]
const throttled = ['ThrottlingException', 'TooManyRequestsException', 'LimitExceededException']

function explanation(name: string, said: string, action: string, error: unknown): string | undefined {
  if (said === 'Region is missing' || said.includes('region=""'))
    return 'No Region is set. Give --region, or set AWS_REGION.'
  if (said.startsWith('Region not accepted'))
    return `The Region that is set cannot exist (${said.replace(/\.$/, '')}). Give another one by --region or AWS_REGION.`
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
    return `No AWS credentials were found (${said}). Give a profile of your AWS configuration that exists, by --profile or AWS_PROFILE; "aws sso login" renews those of a single sign-on.`
  }
  if (/^ExpiredToken/.test(name))
    return 'The AWS credentials have expired. Renew them ("aws sso login" for a single sign-on).'
  if (unknownCaller.includes(name)) return `AWS does not accept the credentials for ${action}: ${said}`
  if (name === 'AccessDeniedException' || name === 'AccessDenied') {
    return `AWS does not allow ${action}: ${said} docs/operating.md has the policies for operators.`
  }
  if (throttled.includes(name))
    return `AWS refuses ${action} for now, because too much is asked of it: ${said} Try again in a minute.`
  const code = codeOf(error)
  if (code === undefined) return undefined
  const endpoint = process.env.AWS_ENDPOINT_URL
  if (endpoint)
    return `Nothing answers ${action} at ${endpoint} (${code}). AWS_ENDPOINT_URL says so: is there a Secrets Manager of this machine?`
  return `AWS can't be reached for ${action} (${code}): no network, a proxy, or a Region that does not exist.`
}

/** The code of a failure of the network, which may be one of several. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || isAnswer(error)) return undefined
  if (error.name === 'TimeoutError') return 'no answer in time'
  if ('code' in error && typeof error.code === 'string' && /^E[A-Z]+/.test(error.code)) return error.code
  return codeOf(error.cause) ?? (error instanceof AggregateError ? codeOf(error.errors[0]) : undefined)
}
