import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { sources } from './sources.ts'

interface Site {
  readonly file: string
  /** Part of its line, which no other line of the file has. */
  readonly line: string
  /** The file and the title of a test that reaches the place on a real server, and runs the statement of the error. */
  readonly mended?: readonly [file: string, title: string]
  /** Why no test does: nothing is printed there, or the place cannot be reached. */
  readonly why?: string
}

const mysql = (title: string) => ['mysql/remedies.test.ts', title] as const
const mariadb = (title: string) => ['mariadb/superuser-rights.test.ts', title] as const
const postgres = (title: string) => ['postgres/clone-rights.test.ts', title] as const
const tells = 'only tells this code from others'
const number = (errno: number) => ({ file: 'shared/mysql-family/error-numbers.ts', line: `${errno}:` })

/** All places in functions and shared that make a MissingPrivilege, or give one its statement. */
const sites: readonly Site[] = [
  {
    file: 'functions/mysql/superuser-rights.ts',
    line: "RotationError('MissingPrivilege'",
    mended: mysql('alternating-users without either'),
  },
  {
    file: 'functions/mysql/superuser-rights.ts',
    line: 'otherwise = granting(',
    why: 'what checkSuperuser has asked for beforehand',
  },
  {
    file: 'functions/mysql/superuser-rights.ts',
    line: "lacks === 'SYSTEM_USER'",
    mended: ['mysql/system-user.test.ts', 'the error says what to run, and then the secret is rotated'],
  },
  {
    file: 'functions/mysql/accounts.ts',
    line: 'readingAccounts',
    mended: mysql('alternating-users that may read no grant tables'),
  },
  {
    file: 'functions/mysql/clone-state.ts',
    line: '    readingAccounts,',
    mended: mysql('alternating-users that may not read roles'),
  },
  {
    file: 'functions/mysql/clone-state.ts',
    line: '`SHOW GRANTS FOR',
    why: 'SHOW GRANTS FOR asks for less than what was read before it (tried on 9.7)',
  },
  {
    file: 'functions/mysql/clone.ts',
    line: 'const mend = changingAccounts(',
    mended: mysql('a superuser that may not take away what the clone has beyond the base'),
  },
  {
    file: 'functions/mysql/clone.ts',
    line: 'discard, changingAccounts(',
    mended: ['mysql/system-user.test.ts', 'whose clone is in use, and that has a second password'],
  },
  {
    file: 'functions/mysql/clone.ts',
    line: 'alter, changingAccounts(',
    mended: ['mysql/system-user.test.ts', 'whose clone is in use'],
  },
  { file: 'functions/mysql/set-password.ts', line: "error.code !== 'MissingPrivilege'", why: tells },
  {
    file: 'functions/mysql/set-password.ts',
    line: 'const keepingTwo: Mend',
    mended: mysql('dual-password by itself'),
  },
  {
    file: 'functions/mysql/add-password.ts',
    line: 'alter, changingAccounts(',
    mended: mysql('dual-password without CREATE USER'),
  },
  {
    file: 'functions/mariadb/accounts.ts',
    line: 'readingAccounts',
    mended: mariadb("'read the accounts'"),
  },
  {
    file: 'functions/mariadb/clone-state.ts',
    line: 'readingAccounts',
    mended: mariadb("'read the grants'"),
  },
  {
    file: 'functions/mariadb/add-password.ts',
    line: "error.code !== 'MissingPrivilege'",
    why: tells,
  },
  {
    file: 'functions/mariadb/add-password.ts',
    line: "RotationError('MissingPrivilege'",
    mended: mariadb('an account that may do nothing'),
  },
  {
    file: 'functions/mariadb/add-password.ts',
    line: 'changingAccounts)',
    mended: mariadb('a superuser that may not change accounts'),
  },
  {
    file: 'functions/mariadb/superuser-rights.ts',
    line: "RotationError('MissingPrivilege'",
    mended: mariadb("'grant on a column'"),
  },
  {
    file: 'functions/mariadb/superuser-rights.ts',
    line: 'say`may not change accounts`, changingAccounts',
    mended: mariadb("'change accounts'"),
  },
  {
    file: 'functions/mariadb/superuser-rights.ts',
    line: 'export const changingAccounts',
    mended: mariadb("'change accounts'"),
  },
  {
    file: 'functions/mariadb/superuser-rights.ts',
    line: 'makingEqual(lacking',
    mended: mariadb("'grant on a column'"),
  },
  {
    file: 'functions/mariadb/superuser-rights.ts',
    line: 'return changingAccounts',
    why: 'what checkSuperuser has asked for beforehand',
  },
  {
    file: 'functions/mariadb/superuser-rights.ts',
    line: 'granting(`${withoutOption(',
    mended: mariadb("'grant on a column'"),
  },
  {
    file: 'functions/mariadb/superuser-rights.ts',
    line: 'WITH ADMIN OPTION',
    mended: mariadb("'grant a role'"),
  },
  {
    file: 'functions/mariadb/superuser-rights.ts',
    line: 'granting(`PROXY ON',
    mended: mariadb("'grant a proxy'"),
  },
  {
    file: 'functions/mariadb/clone.ts',
    line: 'makingEqual(difference',
    mended: mariadb("'grant a proxy'"),
  },
  {
    file: 'functions/mariadb/set-password.ts',
    line: "RotationError('MissingPrivilege'",
    mended: ['mariadb/login-methods.test.ts', 'an account that may not change it is MissingPrivilege'],
  },
  {
    file: 'shared/mysql-family/mend.ts',
    line: 'const readingAccounts',
    mended: mysql('dual-password that may read no accounts'),
  },
  { ...number(1044), mended: mysql('a login that may not use the database of the secret') },
  { ...number(1142), mended: mysql('alternating-users that may read no grant tables') },
  { ...number(1143), mended: mysql('alternating-users that may read names alone') },
  { ...number(1227), mended: mysql('dual-password without CREATE USER') },
  { ...number(1370), why: 'on routines, which checkSuperuser sees beforehand (mariadb/superuser-rights)' },
  { ...number(1410), why: 'GRANT to an account that is gone again: somebody else has dropped it meanwhile' },
  { ...number(3530), why: 'SET DEFAULT ROLE to a role that somebody else has taken away meanwhile' },
  {
    file: 'shared/mysql-family/errors.ts',
    line: 'refusedStatement.has(errno)',
    mended: mariadb("'grant a proxy'"),
  },
  { file: 'shared/mysql-family/errors.ts', line: 'const words = kind ===', why: tells },
  {
    file: 'shared/mysql-family/errors.ts',
    line: 'mend(lackedIn(',
    mended: mysql('dual-password that may read no accounts'),
  },
  {
    file: 'shared/mysql-family/errors.ts',
    line: ': grantWhatIsNamed',
    why: 'what nobody has thought of: the server names the privilege (mysql/own-password.test.ts), and we know no statement',
  },
  {
    file: 'functions/postgres/superuser-rights.ts',
    line: "RotationError('MissingPrivilege'",
    mended: postgres('of the base: the error prints the statement'),
  },
  {
    file: 'functions/postgres/session.ts',
    line: 'mendClone: Mend',
    mended: postgres('a setting that only a superuser may give: the error says how to allow it'),
  },
  {
    file: 'functions/postgres/login-errors.ts',
    line: "'42501': 'MissingPrivilege'",
    mended: postgres('CONNECT on the database: the error prints the GRANT'),
  },
  { file: 'functions/postgres/login-errors.ts', line: "code === 'MissingPrivilege'", why: tells },
  {
    file: 'functions/postgres/errors.ts',
    line: "'42501': 'MissingPrivilege'",
    mended: postgres('catalogs that were taken from PUBLIC'),
  },
  {
    file: 'functions/postgres/errors.ts',
    line: "code !== 'MissingPrivilege'",
    why: `${tells}; GRANT rds_password, below it, is for RDS, which alone has that role`,
  },
]

const makes =
  /'MissingPrivilege'|\b(?:granting\(|readingAccounts\b|changingAccounts\b|makingEqual\()|: Mend =|GRANT UPDATE ON mysql/

/** Each of the server's numbers by itself. */
const numbers = (text: string) =>
  text.replace(/\['(MissingPrivilege)', \[([\d, ]+)\]\]/, (_, code, list) => list.replaceAll(/\d+/g, `\n$&: '${code}'`))

function found() {
  return sources('functions', 'shared')
    .filter(({ path }) => !path.endsWith('error-codes.ts'))
    .flatMap(({ path: file, text }) =>
      numbers(text)
        .split('\n')
        .filter((line) => makes.test(line) && !/^\s*(?:\*|\/\/)|^import |^export function (?!.*= granting)/.test(line))
        .map((line) => ({ file, line })),
    )
}

describe('every place that makes a MissingPrivilege', () => {
  it('is in the table once, and the table has no other place', () => {
    const lines = found()
    const ofLine = lines.map(({ file, line }) => ({
      at: `${file}: ${line.trim()}`,
      rows: sites.filter((site) => site.file === file && line.includes(site.line)).length,
    }))
    expect(ofLine.filter(({ rows }) => rows !== 1)).toEqual([])
    const unused = sites.filter(
      (site) => !lines.some(({ file, line }) => site.file === file && line.includes(site.line)),
    )
    expect(unused).toEqual([])
  })

  it('has a test that runs the statement, or a reason why there is none', async () => {
    for (const { line, mended, why } of sites) {
      expect([line, mended === undefined], 'one of the two').toEqual([line, why !== undefined])
      if (mended === undefined) continue
      const [file, title] = mended
      expect(await readFile(`test/functions/${file}`, 'utf8'), line).toContain(title)
    }
  })
})
