import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics } from '@aws-lambda-powertools/metrics'
import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import { checkEndpoint, secretsManagerClient, secretsManagerStore } from './aws/secrets-manager.ts'
import type { Environment } from './environment.ts'
import { RotationError } from './errors/rotation-error.ts'
import { say } from './errors/words.ts'
import { type ProbeAnswer, probe } from './rotation/probe.ts'
import { isProbe } from './rotation/probe-event.ts'
import { createRedactor } from './rotation/redact.ts'
import { rotate, type StepReport } from './rotation/rotate.ts'
import type { SecretType } from './rotation/secret-type.ts'
import { stepReporter, whatEventIsAbout } from './step-reporter.ts'

/**
 * How long before Lambda's own deadline everything outside is called off, in milliseconds, and how much of that is
 * left to the error that names what was being waited for. Lambda's "Task timed out" names nothing.
 */
const callOffMs = 1_500
const lastWordMs = 500

/** What Lambda awaits. The answer to Secrets Manager is always null, as that of AWS's own functions. */
export type RotationHandler = (event: unknown, context: Context) => Promise<ProbeAnswer | null>

/**
 * Makes the Lambda handler of a secret type: the composition root, where the protocol meets the AWS SDK, the log, the
 * metrics, the deadline, time and chance.
 * @param secretType makes the type out of the environment variables, in each invocation: a wrong variable is then an
 *   InvalidConfiguration like any other error, in the log and in the metrics
 * @returns a handler that throws redacted errors only; Secrets Manager then tries the rotation again
 */
export function rotationHandler<S>(secretType: (env: Environment) => SecretType<S>): RotationHandler {
  const env: Environment = process.env
  const client = secretsManagerClient(env)
  const name = env.AWS_LAMBDA_FUNCTION_NAME ?? 'keyturn'
  const logger = new Logger({ serviceName: name })
  const metrics = new Metrics({ namespace: 'Keyturn', serviceName: name })

  return async (event, context) => {
    const about = whatEventIsAbout(event)
    const redactor = createRedactor(...Object.values(about))
    const reporting = { functionName: name, requestId: context.awsRequestId, logger, metrics, redactor }
    const reporter = stepReporter(reporting, about)
    const timeoutEarlyResponse = async () => {
      await sleep(lastWordMs)
      throw new RotationError('TimedOut', say`The time of the function ran out after: ${reporter.doneSoFar()}.`)
    }
    const work = async (_event: unknown, _context: Context, { signal }: { signal: AbortSignal }) => {
      checkEndpoint(env)
      const around = {
        store: secretsManagerStore(client, signal),
        redactor,
        signal,
        did: reporter.did,
        count: reporter.count,
        remainingMs: () => context.getRemainingTimeInMillis() - callOffMs,
        now: () => Date.now(),
        // Lambda waits for no timer, and neither should a process that has nothing else left to do.
        sleep: (ms: number) => sleep(ms, undefined, { signal, ref: false }).catch(() => undefined),
        randomBytes: (count: number) => randomBytes(count),
      }
      const { invokedFunctionArn: functionArn } = context
      if (isProbe(event)) return probe(() => secretType(env), event, { ...around, functionArn })
      return rotate(secretType(env), event, around)
    }
    const answer = await middy<unknown, StepReport | ProbeAnswer>({
      timeoutEarlyInMillis: callOffMs,
      timeoutEarlyResponse,
    })
      .use(reporter.middleware)
      .handler(work)(event, context)
    return 'findings' in answer ? answer : null
  }
}
