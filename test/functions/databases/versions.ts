import type { MariadbSeries } from '../../../local/servers/mariadb.ts'
import type { PostgresMajor } from '../../../local/servers/postgres.ts'

export type Engine = keyof typeof inNpmTest

/**
 * On which versions of a server the contracts of a function run in `npm test`, which is held to ten minutes: the first has all
 * cases, the others those in which a server has a part. What is not here runs in `npm run test:versions`, as does all of it on
 * further versions. The table in docs/databases.md is compared with this file.
 */
export const inNpmTest = {
  postgres: {
    singleUser: [18, 15],
    alternatingUsers: [
      [18, 'missing'],
      [18, 'existing'],
      [15, 'missing'],
    ],
  },
  mysql: {
    singleUser: ['9.7'],
    dualPassword: [
      ['9.7', 'itself'],
      ['9.7', 'a superuser'],
    ],
    alternatingUsers: [
      ['9.7', 'missing'],
      ['9.7', 'existing'],
    ],
  },
  mariadb: {
    singleUser: ['10.5', '11.8'],
    dualPassword: [
      ['10.5', 'a superuser'],
      ['11.8', 'itself'],
    ],
    alternatingUsers: [
      ['10.5', 'missing'],
      ['11.8', 'existing'],
    ],
  },
} as const

/** The cases of the n-th suite of a function. */
export const casesOf = (n: number) => (n === 0 ? 'all' : 'with a server')

/** The servers that `npm test` starts. */
export const servers = {
  postgres: [15, 18] satisfies PostgresMajor[],
  mysql: ['9.7'],
  mariadb: ['10.5', '10.11', '11.8'] satisfies MariadbSeries[],
} as const

/** Further ones, which Maven downloads. */
export const furtherServers = {
  postgres: ['10.23', '11.22', '12.22', '13.23', '14.24', '16.15', '17.11'],
  mysql: ['8.0.31', '8.0.33'],
  mariadb: ['11.4.5'],
} as const

/** A suite of a function: a strategy, and where it has several ways, one of them. */
export const suites = [
  ['singleUser', undefined],
  ['dualPassword', 'itself'],
  ['dualPassword', 'a superuser'],
  ['alternatingUsers', 'missing'],
  ['alternatingUsers', 'existing'],
] as const

export type Suite = (typeof suites)[number]

/** Whether `npm test` runs a suite on that version. */
export function isInNpmTest(engine: Engine, version: string | number, [strategy, variant]: Suite): boolean {
  const runs: Partial<Record<Suite[0], readonly (string | number | readonly (string | number)[])[]>> = inNpmTest[engine]
  return (runs[strategy] ?? []).some((run) =>
    Array.isArray(run) ? run[0] === version && run[1] === variant : run === version,
  )
}
