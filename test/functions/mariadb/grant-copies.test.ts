import { type Arbitrary, array, asyncProperty, boolean, constantFrom, oneof, record, subarray } from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { statementOf } from '../../../shared/mysql-family/differences.ts'
import { grantDifferences } from '../../../shared/mysql-family/grant-differences.ts'
import { parseGrants } from '../../../shared/mysql-family/grants.ts'
import { accountName, identifier } from '../../../shared/mysql-family/quoting.ts'
import { mariadbServer } from '../../support/mysql.ts'
import { holds } from '../../support/property.ts'
import { randomName } from '../../support/random.ts'

const [base, clone] = [
  { user: `${randomName()} 'b' \`TO\` "x`, host: '%' },
  { user: `${randomName()} 't' \`TO\` "x`, host: '10.%' },
]
const [database, pattern] = [`${randomName()} TO \`we"ird' ON *.* \n é_`, `${randomName()}\\_%`]
const [table, role, other] = [
  '`t` (a, b) TO x',
  `${randomName()}\`r' TO`,
  { user: `o 'TO' ${randomName()}`, host: '%' },
]
const [d, t] = [`${identifier(database)}.*`, `${identifier(database)}.${identifier(table)}`]

describe.each(['10.5', '10.11', '11.8'] as const)('on MariaDB %s', async (series) => {
  const server = await mariadbServer(series)
  let admin: Awaited<ReturnType<typeof server.admin>>
  const run = (sql: string) => admin.query(sql)
  async function shown(account: typeof base): Promise<string[]> {
    const [rows] = await admin.query<never>(`SHOW GRANTS FOR ${accountName(account)}`)
    return (rows as Record<string, string>[]).map((row) => String(Object.values(row)[0]))
  }

  beforeAll(async () => {
    admin = await server.admin()
    await run("SET SESSION sql_mode = ''")
    await run(`CREATE DATABASE ${identifier(database)}`)
    await run(`CREATE TABLE ${t} (a int, \`b), c\` int, \`\`\`c' TO\` int)`)
    await run(`CREATE PROCEDURE ${identifier(database)}.\`p TO\` () SELECT 1`)
    await run(`CREATE ROLE ${identifier(role)}`)
    await run(`CREATE USER ${accountName(other)}`)
  })
  afterAll(async () => {
    await run(`DROP DATABASE ${identifier(database)}`)
    await run(`DROP ROLE ${identifier(role)}`)
    await run(`DROP USER ${accountName(other)}`)
    await admin.end()
  })

  /** Two accounts without any right. */
  async function twoAccounts() {
    await run(`DROP USER IF EXISTS ${accountName(base)}, ${accountName(clone)}`)
    await run(
      `CREATE USER ${accountName(base)} REQUIRE SUBJECT '/CN=a TO b WITH GRANT OPTION' WITH MAX_USER_CONNECTIONS 3`,
    )
    await run(`CREATE USER ${accountName(clone)}`)
  }

  /** Makes the clone equal, and gives how often it took. */
  async function makeEqual(observe: () => Promise<void> = async () => {}): Promise<number> {
    for (let rounds = 0; rounds < 6; rounds++) {
      const [wanted, has] = [parseGrants(await shown(base), base), parseGrants(await shown(clone), clone)]
      const differences = grantDifferences(wanted, has, accountName(clone))
      if (differences.length === 0) return rounds
      for (const difference of differences) {
        await run(statementOf(difference))
        await observe()
      }
    }
    throw new Error('The two do not become equal.')
  }

  /** The server's own words, without the name of the account and what stands in the same row about its login. */
  async function words(account: typeof base): Promise<string[]> {
    const names = [
      `\`${account.user.replaceAll('`', '``')}\`@\`${account.host}\``,
      `'${account.user}'@'${account.host}'`,
    ]
    return (
      (await shown(account))
        .map((row) => names.reduce((text, name) => text.replace(` ${name}`, ' ACCOUNT'), row))
        .map((row) => row.replace(/ REQUIRE SUBJECT .*GRANT OPTION'/, '').replace(/ WITH MAX_\w+ \d$| MAX_\w+ \d$/, ''))
        // The order of columns is that of a hash table.
        .map((row) =>
          row
            .split(/[ ,()]+/)
            .sort()
            .join(' '),
        )
        .sort()
    )
  }

  const privileges = [
    'SELECT',
    'INSERT',
    'DELETE',
    'DROP',
    'CREATE VIEW',
    'SELECT (a, `b), c`)',
    "UPDATE (```c' TO`, a)",
  ]
  const levels: Record<string, { on: string; may: string[] }> = {
    all: { on: '*.*', may: ['SELECT', 'DROP', 'RELOAD', 'CREATE USER', 'READ_ONLY ADMIN'] },
    database: { on: d, may: ['SELECT', 'INSERT', 'CREATE VIEW', 'LOCK TABLES', 'EVENT'] },
    pattern: { on: `${identifier(pattern)}.*`, may: ['SELECT', 'DROP'] },
    table: { on: `TABLE ${t}`, may: privileges },
    procedure: { on: `PROCEDURE ${identifier(database)}.\`p TO\``, may: ['EXECUTE', 'ALTER ROUTINE'] },
  }
  const wish = record({
    on: array(
      constantFrom(...Object.values(levels)).chain(({ on, may }) =>
        record({
          on: constantFrom(on),
          what: oneof(subarray(may), constantFrom(on.startsWith('PROCEDURE') ? may : ['ALL PRIVILEGES'])),
          option: boolean(),
        }),
      ),
      { maxLength: 5 },
    ),
    role: constantFrom('', 'GRANT', 'ADMIN', 'DEFAULT'),
    proxy: constantFrom('', 'GRANT', 'OPTION'),
  })

  type Wish = typeof wish extends Arbitrary<infer T> ? T : never

  async function give(account: typeof base, { on, role: has, proxy }: Wish): Promise<void> {
    const to = accountName(account)
    for (const { on: where, what, option } of on)
      await run(`GRANT ${what.join(', ') || 'USAGE'} ON ${where} TO ${to}${option ? ' WITH GRANT OPTION' : ''}`)
    if (has !== '') await run(`GRANT ${identifier(role)} TO ${to}${has === 'ADMIN' ? ' WITH ADMIN OPTION' : ''}`)
    if (has === 'DEFAULT') await run(`SET DEFAULT ROLE ${identifier(role)} FOR ${to}`)
    if (proxy === '') return
    await run(`GRANT PROXY ON ${accountName(other)} TO ${to}${proxy === 'OPTION' ? ' WITH GRANT OPTION' : ''}`)
  }

  it('a clone comes to hold exactly what the base holds, from any two sets of grants', async () => {
    await holds(
      asyncProperty(wish, wish, async (wanted, had) => {
        await twoAccounts()
        await give(base, wanted)
        await give(clone, had)
        const before = await words(base)
        expect(await makeEqual()).toBeLessThanOrEqual(4)
        expect(await words(clone)).toEqual(before)
        expect(await words(base)).toEqual(before)
      }),
      25,
    )
  })

  for (const [what, on] of [
    ['everything', '*.*'],
    ['a database', d],
    ['a table', t],
  ] as const)
    it(`cutting ALL PRIVILEGES on ${what} down never takes away a right that both have`, async () => {
      const held = async (account: typeof base) =>
        new Set([...parseGrants(await shown(account), account).privileges.values()].flatMap((each) => [...each]))
      await twoAccounts()
      await run(`GRANT ALL PRIVILEGES ON ${on} TO ${accountName(base)}`)
      await run(`REVOKE SELECT ON ${on} FROM ${accountName(base)}`)
      // As the server lists them.
      const all = [...(await held(base)), 'SELECT']
      expect(all.length).toBeGreaterThan(12)
      for (const lacking of [
        all.filter((each) => each !== 'SELECT' && each !== 'INSERT'),
        ...all.map((each) => [each]),
      ]) {
        await twoAccounts()
        await run(`GRANT ${all.filter((each) => !lacking.includes(each)).join(', ')} ON ${on} TO ${accountName(base)}`)
        await run(`GRANT ALL PRIVILEGES ON ${on} TO ${accountName(clone)} WITH GRANT OPTION`)
        const wanted = await held(base)
        await makeEqual(async () => {
          const has = await held(clone)
          if (!has.has('ALL PRIVILEGES')) expect([lacking, [...wanted.difference(has)]]).toEqual([lacking, []])
        })
        expect(await words(clone)).toEqual(await words(base))
      }
    })

  it('a revoked default role and a right on a dropped table hinder nothing', async () => {
    await twoAccounts()
    await give(base, { on: [], role: 'DEFAULT', proxy: '' })
    await run(`REVOKE ${identifier(role)} FROM ${accountName(base)}`)
    expect((await shown(base)).join()).toContain('SET DEFAULT ROLE')
    const gone = `${identifier(database)}.gone`
    await run(`CREATE TABLE ${gone} (a INT)`)
    for (const account of [base, clone]) await run(`GRANT SELECT ON ${gone} TO ${accountName(account)}`)
    await run(`DROP TABLE ${gone}`)
    expect((await shown(clone)).join()).toContain('gone')
    expect(await makeEqual()).toBe(0)
  })
})
