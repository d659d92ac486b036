import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import type { Context } from 'aws-lambda'
import { listSecrets } from '../../shared/aws/secret-list.ts'
import { checkEndpoint, secretsManagerClient } from '../../shared/aws/secrets-manager.ts'
import { presentable } from '../../shared/errors/rotation-error.ts'
import { type Judged, judged } from './judged.ts'

/** Before Lambda's own deadline, in milliseconds: its "Task timed out" would not say during what. */
const lastWordMs = 2_000
/** A line of the log has its limit, and a secret's name up to 512 characters. */
const namesInLine = 100

const name = process.env.AWS_LAMBDA_FUNCTION_NAME ?? 'keyturn'
// No caller waits for this function, so it may try often: others may use up the account's rate of ListSecrets.
const client = secretsManagerClient(process.env, 10)
const logger = new Logger({ serviceName: name })
const metrics = new Metrics({ namespace: 'Keyturn', serviceName: name })

/**
 * Lists all secrets of the Region, and says how many of them are overdue, stuck or switched off: as metrics, and their names in
 * the log. It changes nothing and reads no value, so it may be killed and repeated at any time. Lambda invokes it on a schedule.
 * @throws RotationError where the list is not whole. There are no metrics then: half of a list would call the alarm off
 */
export async function handler(_event: unknown, context: Context): Promise<void> {
  try {
    checkEndpoint(process.env)
    const signal = AbortSignal.timeout(Math.max(context.getRemainingTimeInMillis() - lastWordMs, 0))
    report(await judged(listSecrets(client, signal), Date.now()))
  } catch (error) {
    const told = presentable(error)
    logger.error('listing failed', { function: name, code: told.code, retryable: told.retryable, error: told })
    throw told
  }
}

/** No dimension but the function: one of the secret's name would be a metric, and a price, for each. */
function report({ rotated, overdue, stuck, off }: Judged): void {
  for (const [state, secrets] of Object.entries({ overdue, stuck, off }))
    for (let from = 0; from < secrets.length; from += namesInLine)
      logger.warn('secrets need attention', { function: name, state, secrets: secrets.slice(from, from + namesInLine) })
  const counts = { SecretsRotated: rotated, SecretsOverdue: overdue.length, SecretsStuck: stuck.length }
  logger.info('listed', { function: name, ...counts, SecretsOff: off.length })
  for (const [metric, count] of Object.entries({ ...counts, SecretsOff: off.length }))
    metrics.addMetric(metric, MetricUnit.Count, count)
  metrics.publishStoredMetrics()
}
