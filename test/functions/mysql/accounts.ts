import { isHashOf } from '../../../functions/mysql/password-hash.ts'
import type { TestServer } from '../../support/mysql.ts'
import { randomPassword } from '../../support/random.ts'
import type { TestLogin } from '../../support/test-server.ts'
import { createAccount } from '../databases/mysql-accounts.ts'
import { cloneOf } from '../databases/target.ts'

/** An administrator with no more than dual-password needs. */
export function createPasswordMaster(server: TestServer): Promise<TestLogin> {
  return createAccount(server, { grants: ['CREATE USER ON *.*', 'SELECT ON mysql.user'] })
}

/** An administrator as RDS gives one: no SUPER, and no more than alternating-users needs. */
export function createMaster(server: TestServer): Promise<TestLogin> {
  return createAccount(server, { grants: ['CREATE USER, ROLE_ADMIN ON *.*', 'SELECT ON mysql.*'] })
}

/** The clone as alternating-users makes it. */
export async function createClone(server: TestServer, base: TestLogin, hosts: readonly string[] = ['%']) {
  const clone = { username: cloneOf(base), password: randomPassword() }
  for (const host of hosts) {
    const values = [clone.username, host, clone.password, base.username, host]
    await server.query('CREATE USER ?@? IDENTIFIED BY ? DEFAULT ROLE ?@?', values)
  }
  return clone
}

interface UserRow {
  readonly plugin: string
  readonly authentication_string: string
  readonly User_attributes: { readonly additional_password?: string } | null
}

/**
 * The same, with the passwords instead of their hashes: an account that sets its own password again to the same one gets
 * other salt.
 */
export async function accountSnapshotByPassword(server: TestServer, login: TestLogin, known: ReadonlySet<string>) {
  const [users, ...rights] = (await accountSnapshot(server, login)) as [UserRow[], ...unknown[]]
  const passwordOf = (plugin: string, stored = '') =>
    [...known].find((password) => isHashOf(password, plugin, Buffer.from(stored))) ?? stored
  const rows = users.map((row) => ({
    ...row,
    password_last_changed: null,
    authentication_string: passwordOf(row.plugin, row.authentication_string),
    User_attributes: {
      ...row.User_attributes,
      additional_password: passwordOf(row.plugin, row.User_attributes?.additional_password),
    },
  }))
  return [rows, ...rights]
}

/** All that the server keeps of a login and of its clone, on every host. */
export async function accountSnapshot(server: TestServer, login: TestLogin): Promise<unknown> {
  const names = [login.username, cloneOf(login)]
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
