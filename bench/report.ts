import { table } from '../local/commands/table.ts'
import type { AwsFigures } from './aws/compare.ts'
import type { ColdStartFigures } from './cold-start.ts'
import type { RotationFigures } from './rotations.ts'

export interface Figures {
  readonly bundles: { readonly functionId: string; readonly bytes: number }[]
  readonly coldStarts: ColdStartFigures[]
  readonly rotations: RotationFigures[]
  /** Filled where a checkout of AWS's functions was named. */
  readonly besideAws: AwsFigures[]
}

/** Tables for people, each with an explanation of its figures. */
export function report({ bundles, coldStarts, rotations, besideAws }: Figures): string {
  return [
    'A whole rotation, four steps of the bundled function in a warm process. calls: of Secrets Manager. trips: how many of',
    'them had to wait for one another. floor: a program that makes the same calls, logins and statements and nothing else.',
    '',
    table(
      ['function', 'latency', 'calls', 'trips', 'logins', 'rotation', 'floor', 'ratio'],
      rotations.map((row) => [
        ...[row.functionId, `${row.latencyMs} ms`, String(row.calls)],
        // Only calls that take their time show which of them waited for which.
        ...[row.latencyMs > 0 ? String(row.roundTrips) : '', String(row.logins)],
        ...[ms(row.functionMs), ms(row.floorMs), row.ratio.toFixed(2)],
      ]),
    ),
    '',
    'A cold start: from the start of the process to the first answer, against a Node that runs no program; peak memory; and',
    'the bundle that Lambda loads.',
    '',
    table(
      ['function', 'start', 'bare Node', 'ratio', 'memory', 'bare Node', 'bundle'],
      coldStarts.map((row) => [
        ...[
          row.functionId,
          ms(row.functionMs),
          ms(row.bareMs),
          row.ratio.toFixed(2),
          mib(row.functionMiB),
          mib(row.bareMiB),
        ],
        `${Math.round((bundles.find(({ functionId }) => functionId === row.functionId)?.bytes ?? 0) / 1000)} kB`,
      ]),
    ),
    ...(besideAws.length === 0 ? [] : asAws(besideAws)),
  ].join('\n')
}

function asAws(rows: readonly AwsFigures[]): string[] {
  return [
    '',
    "A whole rotation beside one of AWS's own function, in turn, on the same servers.",
    '',
    table(
      ['function', 'latency', "AWS's calls", 'rotation', "AWS's", 'ratio'],
      rows.map((row) => {
        const [name, latency, calls] = [row.functionId, `${row.latencyMs} ms`, String(row.awsCalls)]
        return [name, latency, calls, ms(row.functionMs), ms(row.awsMs), row.ratio.toFixed(2)]
      }),
    ),
  ]
}

const ms = (value: number) => `${value.toFixed(1)} ms`
const mib = (value: number) => `${value.toFixed(0)} MiB`
