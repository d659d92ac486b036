import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import {
  type Engine,
  furtherServers,
  isInNpmTest,
  type Suite,
  servers,
  suites,
} from '../functions/databases/versions.ts'

const page = readFileSync(new URL('../../docs/databases.md', import.meta.url), 'utf8')
const engines = { postgres: 'PostgreSQL', mysql: 'MySQL', mariadb: 'MariaDB' } as const
const strategies = { singleUser: 'single user', dualPassword: 'dual passwords', alternatingUsers: 'alternating users' }
const variants = {
  itself: 'by itself',
  'a superuser': 'by a superuser',
  missing: 'clone missing',
  existing: 'clone existing',
}

/** The row of a server, as the page has to have it. */
function rowOf(engine: Engine, version: string | number): string {
  const all = suites.filter(([strategy]) => engine !== 'postgres' || strategy !== 'dualPassword')
  const cell = (runs: readonly Suite[]) => {
    if (runs.length === all.length) return ' all '
    const words = Map.groupBy(runs, ([strategy]) => strategy)
      .entries()
      .map(([strategy, of]) => {
        const ways = of.flatMap(([, variant]) => (variant === undefined ? [] : [variants[variant]]))
        return strategies[strategy] + (ways.length === 0 ? '' : ` (${ways.join(', ')})`)
      })
    return ` ${[...words].join(', ')} `.replace('  ', ' ')
  }
  const [here = [], there = []] = [true, false].map((is) =>
    all.filter((suite) => isInNpmTest(engine, version, suite) === is),
  )
  return `| ${engines[engine]} ${version} |${cell(here)}|${cell(there)}|`
}

it('docs/databases.md says which suite runs on which version of a server, and where', () => {
  const head = '| Server | `npm test` | `npm run test:versions` |\n| --- | --- | --- |\n'
  const [, after = ''] = page.split(head)
  const rows = after.slice(0, after.indexOf('\n\n')).split('\n')
  const expected = (Object.keys(engines) as Engine[]).flatMap((engine) =>
    [...servers[engine], ...furtherServers[engine]].map((version) => rowOf(engine, version)),
  )
  expect(rows).toEqual(expected)
})
