import { isHashOf } from '../../../functions/mysql/password-hash.ts'
import type { TestLogin, TestServer } from '../../support/mysql.ts'
import { randomName, randomPassword } from '../../support/random.ts'

export interface AccountWish {
  /** Part of the name, to which something random is added. */
  readonly name?: string
  /** In characters, to which the name is filled up. */
  readonly length?: number
  readonly password?: string
  /** The hosts that it may come from; anywhere when left out. */
  readonly hosts?: readonly string[]
  /** Further clauses of CREATE USER. */
  readonly options?: string
  /** Privileges on everything. */
  readonly privileges?: string
}

/** An account that can log in, as an application has one. */
export async function createAccount(server: TestServer, wish: AccountWish = {}): Promise<TestLogin> {
  const { name = '', length = 0, password = randomPassword(), hosts = ['%'], options = '', privileges } = wish
  const start = `${randomName()}${name}`
  const username = start + 'x'.repeat(Math.max(0, length - [...start].length))
  for (const host of hosts) {
    await server.query(`CREATE USER ?@? IDENTIFIED BY ? ${options}`, [username, host, password])
    if (privileges !== undefined) await server.query(`GRANT ${privileges} ON *.* TO ?@?`, [username, host])
  }
  return { username, password }
}

/** An administrator with no more than dual-password needs. */
export async function createPasswordMaster(server: TestServer): Promise<TestLogin> {
  const master = await createAccount(server, { privileges: 'CREATE USER' })
  await server.query('GRANT SELECT ON mysql.user TO ?@?', [master.username, '%'])
  return master
}

export function twinOf({ username }: TestLogin): string {
  return `${username}_clone`
}

/** An administrator as RDS gives one: no SUPER, and no more than alternating-users needs. */
export async function createMaster(server: TestServer): Promise<TestLogin> {
  const master = await createAccount(server, { privileges: 'CREATE USER, ROLE_ADMIN' })
  await server.query('GRANT SELECT ON mysql.* TO ?@?', [master.username, '%'])
  return master
}

/** The twin as alternating-users makes it. */
export async function createTwin(server: TestServer, base: TestLogin, hosts: readonly string[] = ['%']) {
  const twin = { username: twinOf(base), password: randomPassword() }
  for (const host of hosts) {
    const values = [twin.username, host, twin.password, base.username, host]
    await server.query('CREATE USER ?@? IDENTIFIED BY ? DEFAULT ROLE ?@?', values)
  }
  return twin
}

interface UserRow {
  readonly plugin: string
  readonly authentication_string: string
  readonly User_attributes: { readonly additional_password?: string } | null
}

/**
 * The same, with the passwords instead of their hashes: an account that sets its own password again to what it is gets
 * other salt.
 */
export async function accountSnapshotByPassword(server: TestServer, login: TestLogin, known: ReadonlySet<string>) {
  const [users, ...rights] = (await accountSnapshot(server, login)) as [UserRow[], ...unknown[]]
  const passwordOf = (plugin: string, stored = '') =>
    [...known].find((password) => isHashOf(password, plugin, Buffer.from(stored))) ?? stored
  const rows = users.map((row) => ({
    ...{ ...row, password_last_changed: null },
    authentication_string: passwordOf(row.plugin, row.authentication_string),
    User_attributes: {
      ...row.User_attributes,
      additional_password: passwordOf(row.plugin, row.User_attributes?.additional_password),
    },
  }))
  return [rows, ...rights]
}

/** All that the server keeps of a login and of its twin, on every host. */
export async function accountSnapshot(server: TestServer, { username }: TestLogin): Promise<unknown> {
  const names = [username, `${username}_clone`]
  const of = (table: string, column: string) =>
    server.query(`SELECT * FROM mysql.${table} WHERE ${column} IN (?) ORDER BY 1, 2, 3, 4`, [names])
  const tables = [
    ...[of('user', 'user'), of('db', 'user'), of('tables_priv', 'user'), of('columns_priv', 'user')],
    ...[
      of('procs_priv', 'user'),
      of('global_grants', 'user'),
      of('role_edges', 'to_user'),
      of('default_roles', 'user'),
    ],
  ]
  return Promise.all(tables)
}
