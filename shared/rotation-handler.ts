import { setTimeout as sleep } from 'node:timers/promises'
import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics } from '@aws-lambda-powertools/metrics'
import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import { secretsManagerClient, secretsManagerStore } from './aws/secrets-manager.ts'
import { RotationError } from './rotation/errors.ts'
import { createRedactor } from './rotation/redact.ts'
import { rotate, type StepReport } from './rotation/rotate.ts'
import type { SecretType } from './rotation/secret-type.ts'
import { stepReporter } from './step-reporter.ts'

/**
 * How long before Lambda's own deadline everything outside is called off, in milliseconds, and how much of that is
 * left to the error that names what was being waited for. Lambda's "Task timed out" names nothing.
 */
const callOffMs = 1_500
const lastWordMs = 500

/** What Lambda awaits. The answer is always null, as that of AWS's own functions. */
export type RotationHandler = (event: unknown, context: Context) => Promise<null>

/**
 * Makes the Lambda handler of a secret type: the composition root, where the protocol meets the AWS SDK, the log, the
 * metrics and the deadline.
 * @returns a handler that throws redacted errors only; Secrets Manager then tries the rotation again
 */
export function rotationHandler<S>(type: SecretType<S>): RotationHandler {
  const client = secretsManagerClient()
  const name = process.env.AWS_LAMBDA_FUNCTION_NAME ?? type.name
  const logger = new Logger({ serviceName: name })
  const metrics = new Metrics({ namespace: 'Keyturn', serviceName: name })

  return async (event, context) => {
    const redactor = createRedactor()
    const reporter = stepReporter(
      { functionName: name, requestId: context.awsRequestId, logger, metrics, redactor },
      event,
    )
    const timeoutEarlyResponse = async () => {
      await sleep(lastWordMs)
      throw new RotationError('TimedOut', `The time of the function ran out after: ${reporter.doneSoFar()}.`)
    }
    const work = async (_event: unknown, _context: Context, { signal }: { signal: AbortSignal }) => {
      const store = secretsManagerStore(client, signal)
      const remainingMs = () => context.getRemainingTimeInMillis() - callOffMs
      return rotate(type, event, { store, redactor, signal, remainingMs, did: reporter.did })
    }
    await middy<unknown, StepReport>({ timeoutEarlyInMillis: callOffMs, timeoutEarlyResponse })
      .use(reporter.middleware)
      .handler(work)(event, context)
    return null
  }
}
