import type { Logger } from '@aws-lambda-powertools/logger'
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import type { MiddlewareObj } from '@middy/core'
import { RotationError } from './errors/rotation-error.ts'
import { joined, kind, say, type Words } from './errors/words.ts'
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
 * Reports one invocation: one structured log line, whatever happens, and its metrics (CloudWatch embedded metric
 * format: `StepDuration` by function, step and outcome; `Gap` and what was counted by function). What the event says and our own words stay as
 * they are; all else passes through the redactor.
 */
export function stepReporter(
  { functionName, requestId, logger, metrics, redactor }: Reporting,
  about: EventSummary,
): StepReporter {
  const startedAt = performance.now()
  const done: Words[] = []
  const counts = new Map<string, number>()
  const line = (durationMs: number) => ({
    ...about,
    function: functionName,
    requestId,
    durationMs,
    done: done.map((what) => redactor.words(what)),
  })

  /** No metric: it is no step, and what it has found is in its answer. */
  function reportProbe({ findings, problem }: ProbeAnswer): void {
    const durationMs = Math.round(performance.now() - startedAt)
    const outcomes = findings.map(({ about, version, verdict, code }) => ({ about, version, verdict, code }))
    logger.info('probed', { ...line(durationMs), findings: outcomes, code: problem?.code })
  }

  return {
    did: (what) => done.push(what),
    count: (metric, by) => counts.set(metric, (counts.get(metric) ?? 0) + by),
    doneSoFar: () => (done.length === 0 ? say`nothing` : joined(done)),
    middleware: {
      after({ response }) {
        const durationMs = Math.round(performance.now() - startedAt)
        if (response === null || response === undefined) return
        if ('findings' in response) return reportProbe(response)
        logger.info('step succeeded', { ...line(durationMs), ...response })
        publish(metrics, about.step, 'ok', durationMs, response.gapMs)
        publishCounts(metrics, counts)
      },
      onError(request) {
        const durationMs = Math.round(performance.now() - startedAt)
        const error = redactor.deep(presentable(request.error))
        request.error = error
        logger.error('step failed', { ...line(durationMs), code: error.code, retryable: error.retryable, error })
        publish(metrics, about.step, error.code, durationMs)
        publishCounts(metrics, counts)
      },
    },
  }
}

/** Whatever is not a RotationError is a defect: it is wrapped, so that every error has a code and a remedy. */
function presentable(error: unknown): RotationError {
  if (error instanceof RotationError) return error
  const name = error instanceof Error ? error.name : typeof error
  return new RotationError('Internal', say`The function failed unexpectedly (${kind(name)}).`, { cause: error })
}

/** What the log says of an event: each field only where it is there. */
type EventSummary = Readonly<Partial<Record<'step' | 'secret' | 'version', string>>>

/** The fields of an event that may be logged. RotationToken is a secret, wherever it is; other fields are nobody's business. */
export function whatEventIsAbout(event: unknown): EventSummary {
  if (typeof event !== 'object' || event === null) return {}
  const { Step, SecretId, ClientRequestToken, RotationToken } = event as Record<string, unknown>
  const text = (name: keyof EventSummary, value: unknown, most: number): EventSummary => {
    if (typeof value !== 'string' || value === '' || value.length > most) return {}
    return typeof RotationToken === 'string' && value.includes(RotationToken) ? {} : { [name]: value }
  }
  return { ...text('step', Step, 64), ...text('secret', SecretId, 2048), ...text('version', ClientRequestToken, 64) }
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

function publishCounts(metrics: Metrics, counts: ReadonlyMap<string, number>) {
  if (counts.size === 0) return
  for (const [metric, count] of counts) metrics.addMetric(metric, MetricUnit.Count, count)
  metrics.publishStoredMetrics()
}
