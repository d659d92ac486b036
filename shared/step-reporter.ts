import type { Logger } from '@aws-lambda-powertools/logger'
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import type { MiddlewareObj } from '@middy/core'
import { presentable } from './errors/rotation-error.ts'
import { joined, say, type Words } from './errors/words.ts'
import { steps } from './rotation/event.ts'
import type { ProbeAnswer } from './rotation/probe.ts'
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
  did(what: Words): void
  count(metric: string, by: number): void
  doneSoFar(): Words
  readonly middleware: MiddlewareObj<unknown, StepReport | ProbeAnswer>
}

/**
 * Reports one invocation: one structured log line, whatever happens, and its metrics (CloudWatch embedded metric format:
 * `StepDuration` by function, step and outcome; `Gap` and what was counted by function). What the event says and our own words
 * stay as they are; all else passes through the redactor.
 */
export function stepReporter(
  { functionName, requestId, logger, metrics, redactor }: Reporting,
  about: EventSummary,
): StepReporter {
  const startedAt = performance.now()
  const done: Words[] = []
  const counts = new Map<string, number>()
  const line = () => ({
    ...about,
    function: functionName,
    requestId,
    durationMs: Math.round(performance.now() - startedAt),
    done: done.map((what) => redactor.words(what)),
  })

  /** No metric: it is no step, and what it has found is in its answer. */
  function reportProbe({ findings, problem }: ProbeAnswer): void {
    const outcomes = findings.map(({ about, version, verdict, code }) => ({ about, version, verdict, code }))
    logger.info('probed', { ...line(), findings: outcomes, code: problem?.code })
  }

  function publish(outcome: string, durationMs: number, gapMs?: number): void {
    // A dimension made of whatever a caller sends would cost money and could carry a secret.
    metrics.addDimensions({ step: steps.find((known) => known === about.step) ?? 'unknown', outcome })
    metrics.addMetric('StepDuration', MetricUnit.Milliseconds, durationMs)
    metrics.publishStoredMetrics()
    if (gapMs !== undefined) {
      metrics.addMetric('Gap', MetricUnit.Milliseconds, gapMs)
      metrics.publishStoredMetrics()
    }
    if (counts.size === 0) return
    for (const [metric, count] of counts) metrics.addMetric(metric, MetricUnit.Count, count)
    metrics.publishStoredMetrics()
  }

  return {
    did: (what) => done.push(what),
    count: (metric, by) => counts.set(metric, (counts.get(metric) ?? 0) + by),
    doneSoFar: () => (done.length === 0 ? say`nothing` : joined(done)),
    middleware: {
      after({ response }) {
        if (response === null || response === undefined) return
        if ('findings' in response) return reportProbe(response)
        const shown = line()
        logger.info('step succeeded', { ...shown, ...response })
        publish('ok', shown.durationMs, response.gapMs)
      },
      onError(request) {
        const shown = line()
        const error = redactor.deep(presentable(request.error))
        request.error = error
        logger.error('step failed', { ...shown, code: error.code, retryable: error.retryable, error })
        publish(error.code, shown.durationMs)
      },
    },
  }
}

/** What the log says of an event: each field only where it is there. */
type EventSummary = Readonly<Partial<Record<'step' | 'secret' | 'version', string>>>

/** The fields of an event that may be logged. RotationToken is a secret, also within another field; further fields are not shown. */
export function whatEventIsAbout(event: unknown): EventSummary {
  if (typeof event !== 'object' || event === null) return {}
  const { Step, SecretId, ClientRequestToken, RotationToken } = event as Record<string, unknown>
  const text = (name: keyof EventSummary, value: unknown, most: number): EventSummary => {
    if (typeof value !== 'string' || value === '' || value.length > most) return {}
    return typeof RotationToken === 'string' && value.includes(RotationToken) ? {} : { [name]: value }
  }
  return { ...text('step', Step, 64), ...text('secret', SecretId, 2048), ...text('version', ClientRequestToken, 64) }
}
