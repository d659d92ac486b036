import { array, boolean, constantFrom, property, record, string, uniqueArray } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseShownAccount } from '../../../functions/mariadb/shown-account.ts'
import { optionDifferences } from '../../../shared/mysql-family/account-options.ts'
import { statementOf } from '../../../shared/mysql-family/differences.ts'
import { grantDifferences } from '../../../shared/mysql-family/grant-differences.ts'
import { parseGrants } from '../../../shared/mysql-family/grants.ts'
import { identifier } from '../../../shared/mysql-family/quoting.ts'
import { holds } from '../../support/property.ts'

/** Names made of the words and marks that rows are made of. */
const name = array(
  constantFrom("'", '`', '"', ' TO ', ' ON ', '.', '@', ', ', '(', ')', '*', '\n', 'WITH GRANT OPTION', 'é', 'x'),
  {
    minLength: 1,
    maxLength: 6,
  },
).map((parts) => parts.join(''))
const account = record({ user: name, host: string({ unit: constantFrom('a', '.', '%', '1'), minLength: 1 }) })
const quoted = ({ user, host }: { user: string; host: string }) => `${identifier(user)}@${identifier(host)}`

describe('SHOW GRANTS', () => {
  it('is read as it is meant, with all characters that names may have', async () => {
    await holds(
      property(
        ...([account, name, name, uniqueArray(name, { minLength: 1, maxLength: 3 }), boolean(), account] as const),
        (of, database, table, columns, option, other) => {
          const tail = option ? ' WITH GRANT OPTION' : ''
          const [d, t] = [`${identifier(database)}.*`, `${identifier(database)}.${identifier(table)}`]
          const rows = [
            `GRANT PROCESS, READ_ONLY ADMIN ON *.* TO ${quoted(of)} IDENTIFIED BY PASSWORD '*0' REQUIRE SUBJECT 'x TO ${quoted(of)} WITH GRANT OPTION'${tail.replace(' OPTION', ' OPTION MAX_USER_CONNECTIONS -1')}`,
            `GRANT ALL PRIVILEGES ON ${d} TO ${quoted(of)}${tail}`,
            `GRANT SELECT (${columns.map(identifier).join(', ')}), INSERT ON ${t} TO ${quoted(of)}`,
            `GRANT EXECUTE ON PACKAGE BODY ${t} TO ${quoted(of)}`,
            `GRANT ${identifier(table)} TO ${quoted(of)}${option ? ' WITH ADMIN OPTION' : ''}`,
            `SET DEFAULT ROLE ${identifier(table)} FOR ${quoted(of)}`,
            // What roles, everybody and others hold is not the account's own.
            `GRANT SELECT ON ${d} TO PUBLIC`,
            `GRANT FILE ON *.* TO ${identifier(table)}`,
            `GRANT ${identifier(table)} TO ${identifier(database)} WITH ADMIN OPTION`,
            ...(quoted(other) === quoted(of) ? [] : [`GRANT DROP ON ${d} TO ${quoted(other)}`]),
          ]
          const rights = parseGrants(rows, of)
          const more = option ? ['GRANT OPTION'] : []
          expect(Object.fromEntries([...rights.privileges].map(([on, held]) => [on, [...held].sort()]))).toEqual({
            '*.*': ['PROCESS', 'READ_ONLY ADMIN', ...more].sort(),
            [d]: ['ALL PRIVILEGES', ...more],
            [t]: [...columns.map((column) => `SELECT (${identifier(column)})`), 'INSERT'].sort(),
            [`PACKAGE BODY ${t}`]: ['EXECUTE'],
          })
          expect([...rights.roles]).toEqual([[identifier(table), option]])
          expect(rights.defaultRole).toBe(identifier(table))
        },
      ),
      500,
    )
  })

  it("is read in MySQL's form, too", () => {
    const of = { user: 's', host: '%' }
    const rights = parseGrants(
      [
        'GRANT SELECT, INSERT ON *.* TO `s`@`%` WITH GRANT OPTION',
        'GRANT BACKUP_ADMIN,ROLE_ADMIN ON *.* TO `s`@`%`',
        'GRANT CONNECTION_ADMIN ON *.* TO `s`@`%` WITH GRANT OPTION',
        'REVOKE INSERT ON `d TO "x`.* FROM `s`@`%`',
        'GRANT PROXY ON `o`@`%` TO `s`@`%` WITH GRANT OPTION',
        'GRANT `r o``le`@`h`,`r1`@`%` TO `s`@`%` WITH ADMIN OPTION',
      ],
      of,
    )
    expect([...(rights.privileges.get('*.*') ?? [])]).toEqual([
      ...['SELECT', 'INSERT', 'GRANT OPTION', 'BACKUP_ADMIN', 'ROLE_ADMIN'],
      ...['CONNECTION_ADMIN', 'CONNECTION_ADMIN WITH GRANT OPTION'],
    ])
    expect([...rights.exceptions]).toEqual([['`d TO "x`.*', new Set(['INSERT'])]])
    expect([...rights.roles]).toEqual([
      ['`r o``le`@`h`', true],
      ['`r1`@`%`', true],
    ])
    expect([...rights.proxies]).toEqual([["'o'@'%'", true]])
    expect(grantDifferences(rights, parseGrants([], of), "'s'@'%'").map(statementOf)).toContain(
      "GRANT CONNECTION_ADMIN ON *.* TO 's'@'%' WITH GRANT OPTION",
    )
  })

  it('is refused where a row has an unknown form', () => {
    for (const row of ['GRANT SELECT ON `d`.* TO', 'DENY SELECT ON *.* TO `x`@`%`', 'GRANT select ON *.* TO `x`@`%`'])
      expect(() => parseGrants([row], { user: 'x', host: '%' })).toThrow('a form that is not known')
  })
})

describe('SHOW CREATE USER', () => {
  it('is read whole, with doubled quotes and with single ones', () => {
    for (const text of [`/CN=a'b"c\\d ISSUER x`, `/CN=a''b"c\\\\d ISSUER x`]) {
      const { require, limits, password, locked } = parseShownAccount([
        `CREATE USER \`u REQUIRE SSL\`@\`%\` IDENTIFIED BY PASSWORD '*0' REQUIRE ISSUER 'i' SUBJECT '${text}' CIPHER 'c' WITH MAX_USER_CONNECTIONS 4 MAX_STATEMENT_TIME 1.500000 ACCOUNT LOCK PASSWORD EXPIRE`,
        'ALTER USER `u REQUIRE SSL`@`%` PASSWORD EXPIRE INTERVAL 3 DAY',
      ])
      expect(require).toBe(`ISSUER 'i' SUBJECT '${text}' CIPHER 'c'`)
      expect([...limits]).toEqual([
        ['MAX_USER_CONNECTIONS', '4'],
        ['MAX_STATEMENT_TIME', '1.500000'],
      ])
      expect([...password]).toEqual([['PASSWORD EXPIRE', 'INTERVAL 3 DAY']])
      expect(locked).toBe(true)
    }
  })

  it('gives the clause that makes one account like another, and no more than that', () => {
    const of = (rest: string) => parseShownAccount([`CREATE USER \`u\`@\`%\`${rest}`])
    const base = of(' REQUIRE SSL WITH MAX_USER_CONNECTIONS 4 PASSWORD EXPIRE NEVER')
    const between = (one: typeof base, other: typeof base) => {
      const [difference] = optionDifferences(one, other, "'u'@'%'")
      return difference?.kind === 'options' ? difference : undefined
    }
    expect(optionDifferences(base, base, "'u'@'%'")).toEqual([])
    expect(between(base, of(''))?.clause).toBe('REQUIRE SSL WITH MAX_USER_CONNECTIONS 4 PASSWORD EXPIRE NEVER')
    expect(between(of(''), base)?.clause).toBe('REQUIRE NONE WITH MAX_USER_CONNECTIONS 0 PASSWORD EXPIRE DEFAULT')
    expect(between(base, of(' REQUIRE SSL'))?.names).toEqual(['MAX_USER_CONNECTIONS', 'PASSWORD EXPIRE'])
  })

  it('is refused in an unknown form', () => {
    for (const row of [
      'CREATE ROLE `u`',
      'CREATE USER `u`@`%` WITH MAX_SOMETHING MANY',
      "CREATE USER `u`@`%` IDENTIFIED BY PASSWORD '*0' REQUIRE SSL PASSWORD TRIES 3",
    ])
      expect(() => parseShownAccount([row])).toThrow('a form that is not known')
  })
})
