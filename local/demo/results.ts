import { steps } from '../../shared/rotation/event.ts'
import { table } from '../commands/table.ts'
import type { Shown } from './scenario.ts'

/** One line for programs. Durations and the gap are in milliseconds. */
export function asJson({ functionId, surprises, steps, application, ...counts }: Shown): string {
  const { rotations, secretsManagerCalls, logins, refusedLogins } = counts
  const { queries, failedLogins, gapMs } = application
  return JSON.stringify({
    function: functionId,
    ok: surprises.length === 0,
    steps,
    queries,
    failedLogins,
    gapMs,
    rotations,
    secretsManagerCalls,
    logins,
    refusedLogins,
  })
}

/** A table for people, a function a row. */
export function resultTable(results: readonly Shown[]): string {
  const head = ['', 'create', 'set', 'test', 'finish', 'queries', 'failed logins', 'gap', 'calls', 'logins', 'refused']
  const rows = results.map(
    ({ functionId, steps: durations, application, secretsManagerCalls, logins, refusedLogins }) => [
      functionId,
      ...steps.map((step) => `${durations[step] ?? '-'} ms`),
      String(application.queries),
      String(application.failedLogins),
      `${application.gapMs} ms`,
      ...[secretsManagerCalls, logins, refusedLogins].map(String),
    ],
  )
  const meaning =
    'failed logins, gap: of the application. calls (of Secrets Manager), logins, refused: of the function.'
  const inWords = results.map(({ functionId, application: { failedLogins, gapMs } }) =>
    failedLogins === 0
      ? `${functionId}: no login of the application failed.`
      : `${functionId}: ${failedLogins} logins of the application failed, within ${gapMs} ms; it fetched the secret again and lost no query.`,
  )
  return [table(head, rows), '', meaning, '', ...inWords].join('\n')
}
