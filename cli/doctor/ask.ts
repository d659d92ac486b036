import { CannotAsk } from '../failures.ts'
import { plain } from '../terminal.ts'
import type { Answer } from './seen.ts'

/**
 * Asks a service. That it may not be asked, or does not answer, is an answer as well.
 * @param what the call as IAM names it, `ec2:DescribeSubnets`
 */
export async function answerTo<T>(what: string, work: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { is: await work() }
  } catch (error) {
    return { unknown: reason(what, error) }
  }
}

/** Says in a few words why a call gave nothing. */
function reason(what: string, error: unknown): string {
  if (error instanceof CannotAsk)
    return /^AccessDenied/.test(error.awsName ?? '') ? `${what} is not allowed` : error.message
  const { name, message } = error instanceof Error ? error : { name: typeof error, message: '' }
  if (/AccessDenied|UnauthorizedOperation|NotAuthorized|AuthorizationError/.test(name)) return `${what} is not allowed`
  // A stand-in for AWS, on a laptop for instance, may not have the call.
  if (name === 'UnknownOperationException' || /Deserialization error/.test(message))
    return `${what} is not answered there`
  const said = plain(message).slice(0, 200)
  return `${what} failed: ${plain(name)}${said === '' || said === name ? '' : `, ${said}`}`
}

/** Whether a service says that there is no such thing. */
export function isMissing(error: unknown): boolean {
  return (
    error instanceof Error && /^(ResourceNotFoundException|NotFoundException|NoSuchEntityException)$/.test(error.name)
  )
}
