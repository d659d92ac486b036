import type { Shown } from './scenario.ts'

/** One line for programs. Durations and the gap are in milliseconds. */
export function asJson({ functionId, surprises, steps, application, ...counts }: Shown): string {
  const { queries, failedLogins, gapMs } = application
  return JSON.stringify({
    function: functionId,
    ok: surprises.length === 0,
    steps,
    queries,
    failedLogins,
    gapMs,
    ...counts,
  })
}

/** A table for people, a function a row. */
export function table(results: readonly Shown[]): string {
  const head = ['', 'create', 'set', 'test', 'finish', 'queries', 'failed logins', 'gap', 'calls', 'logins', 'refused']
  const rows = results.map(({ functionId, steps, application, secretsManagerCalls, logins, refusedLogins }) => [
    functionId,
    ...['createSecret', 'setSecret', 'testSecret', 'finishSecret'].map((step) => `${steps[step] ?? '-'} ms`),
    String(application.queries),
    String(application.failedLogins),
    `${application.gapMs} ms`,
    ...[secretsManagerCalls, logins, refusedLogins].map(String),
  ])
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
  return [
    line(head),
    ...rows.map(line),
    '',
    'failed logins, gap: of the application. calls, logins, refused: of the function, calls being those of Secrets Manager.',
  ].join('\n')
}
