import type { Logger } from '@aws-lambda-powertools/logger'
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import type { MiddlewareObj } from '@middy/core'
import { RotationError } from './rotation/errors.ts'
import { steps } from './rotation/event.ts'
import type { Redactor } from './rotation/redact.ts'
import type { StepReport } from './rotation/rotate.ts'

export interface Reporting {
  readonly functionName: string
  readonly requestId: string
  readonly logger: Logger
  /** Shared by all invocations: what is added is published at once. */
  readonly metrics: Metrics
  readonly redactor: Redactor
}

export interface StepReporter {
  did(what: string): void
  doneSoFar(): string
  readonly middleware: MiddlewareObj<unknown, StepReport>
}

/**
 * Reports one invocation: one structured log line, whatever happens, and its metrics (CloudWatch embedded metric
 * format: `StepDuration` by function, step and outcome; `Gap` by function). Everything passes through the redactor.
 */
export function stepReporter(
  { functionName, requestId, logger, metrics, redactor }: Reporting,
  event: unknown,
): StepReporter {
  const startedAt = performance.now()
  const done: string[] = []
  const about = whatEventIsAbout(event)
  const line = (durationMs: number) => redactor.deep({ ...about, function: functionName, requestId, durationMs, done })

  return {
    did: (what) => done.push(what),
    doneSoFar: () => done.join(', ') || 'nothing',
    middleware: {
      after({ response }) {
        const durationMs = Math.round(performance.now() - startedAt)
        if (response === null || response === undefined) return
        logger.info('step succeeded', { ...line(durationMs), ...response })
        publish(metrics, about.step, 'ok', durationMs, response.gapMs)
      },
      onError(request) {
        const durationMs = Math.round(performance.now() - startedAt)
        const error = redactor.deep(presentable(request.error))
        request.error = error
        logger.error('step failed', { ...line(durationMs), code: error.code, retryable: error.retryable, error })
        publish(metrics, about.step, error.code, durationMs)
      },
    },
  }
}

/** Whatever is not a RotationError is a defect: it is wrapped, so that every error has a code and a remedy. */
function presentable(error: unknown): RotationError {
  if (error instanceof RotationError) return error
  const name = error instanceof Error ? error.name : typeof error
  return new RotationError('Internal', `The function failed unexpectedly (${name}).`, { cause: error })
}

/** The fields of an event that may be logged. RotationToken is a secret; other fields are nobody's business. */
function whatEventIsAbout(event: unknown): { step?: string; secret?: string; version?: string } {
  if (typeof event !== 'object' || event === null) return {}
  const { Step, SecretId, ClientRequestToken } = event as Record<string, unknown>
  const text = (value: unknown, most: number) => (typeof value === 'string' && value.length <= most ? value : undefined)
  const [step, secret, version] = [text(Step, 64), text(SecretId, 2048), text(ClientRequestToken, 64)]
  return { ...(step && { step }), ...(secret && { secret }), ...(version && { version }) }
}

function publish(metrics: Metrics, step: string | undefined, outcome: string, durationMs: number, gapMs?: number) {
  // A dimension made of whatever a caller sends would cost money and could carry a secret.
  metrics.addDimensions({ step: steps.find((known) => known === step) ?? 'unknown', outcome })
  metrics.addMetric('StepDuration', MetricUnit.Milliseconds, durationMs)
  metrics.publishStoredMetrics()
  if (gapMs === undefined) return
  metrics.addMetric('Gap', MetricUnit.Milliseconds, gapMs)
  metrics.publishStoredMetrics()
}
