import { format } from 'mysql2'
import type { TestServer } from '../../support/mysql.ts'
import { randomName, randomPassword } from '../../support/random.ts'
import type { TestLogin } from '../../support/test-server.ts'
import type { SecretWish } from './database-type.ts'

/** What an account of MySQL or MariaDB is to be like. */
export interface AccountWish extends SecretWish {
  /** Part of the name, to which something random is added. */
  readonly name?: string
  /** In characters, to which the name is filled up. */
  readonly length?: number
  readonly password?: string
  /** The hosts that it may come from; anywhere when left out. */
  readonly hosts?: readonly string[]
  /** Further clauses of CREATE USER. */
  readonly options?: string
  /** Privileges, each with its level: `SELECT ON *.*`. */
  readonly grants?: readonly string[]
}

/** An account that can log in, as an application has one. */
export async function createAccount(server: TestServer, wish: AccountWish = {}): Promise<TestLogin> {
  const { name = '', length = 0, password = randomPassword(), hosts = ['%'], options = '', grants = [] } = wish
  const start = `${randomName()}${name}`
  const username = start + 'x'.repeat(Math.max(0, length - [...start].length))
  for (const host of hosts) {
    await server.query(`CREATE USER ?@? IDENTIFIED BY ? ${options}`, [username, host, password])
    for (const grant of grants) await server.query(`GRANT ${grant} TO ${format('?@?', [username, host])}`)
  }
  return { username, password }
}

export const severalHosts: AccountWish = { hosts: ['%', 'localhost', '10.0.0.%'] }

/** In the 32 characters that a name may have on MySQL. */
export const oddAccounts: Readonly<Record<string, AccountWish>> = {
  'quotes and backslashes in the name': { name: `We"i\`d 'u\\` },
  'unicode in the name': { name: 'ünïcødé 名前' },
  'percent, dollar and question marks in the name': { name: `%s$1?@\${x}` },
  'a line break and spaces in the name': { name: ' a\nb c' },
  'quotes, backslashes, signs, unicode and a line break in the password': {
    password: `${randomPassword()}'"\\ $1 ? \${x} %s%20 é 名 🗝 --\n;`,
  },
  'an account on a host of its own': { hosts: ['localhost'] },
}
