import type { TestServer } from '../../support/mysql.ts'
import { randomPassword } from '../../support/random.ts'
import type { TestLogin } from '../../support/test-server.ts'
import { createAccount } from '../databases/mysql-accounts.ts'
import { cloneOf } from '../databases/target.ts'

/** An administrator as RDS gives one: everything, but not all; and it may hand on what it has. */
export async function createMaster(server: TestServer): Promise<TestLogin> {
  const master = await createAccount(server)
  const privileges = [
    ...['SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES'],
    ...['CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION CLIENT, CREATE VIEW, SHOW VIEW, CREATE ROUTINE'],
    ...['ALTER ROUTINE, CREATE USER, EVENT, TRIGGER'],
  ]
  await server.query(`GRANT ${privileges.join(', ')} ON *.* TO ?@'%' WITH GRANT OPTION`, [master.username])
  return master
}

/** An administrator with no more than dual-password needs. */
export function createPasswordMaster(server: TestServer): Promise<TestLogin> {
  return createAccount(server, { grants: ['CREATE USER ON *.*', 'SELECT ON mysql.*'] })
}

/** The clone as AWS's functions make it: for all hosts, with a copy of the base's grants. */
export async function createClone(server: TestServer, base: TestLogin, grants: readonly string[]): Promise<TestLogin> {
  const clone = { username: cloneOf(base), password: randomPassword() }
  await server.query("CREATE USER ?@'%' IDENTIFIED BY ?", [clone.username, clone.password])
  for (const grant of grants) await server.query(`GRANT ${grant} TO ?@'%'`, [clone.username])
  return clone
}

/** All that the server keeps of a login and of its clone, on every host; also when a password was changed. */
export async function accountSnapshot(server: TestServer, login: TestLogin): Promise<unknown> {
  const names = [login.username, cloneOf(login)]
  const of = (table: string) => server.query(`SELECT * FROM mysql.${table} WHERE User IN (?) ORDER BY 1, 2, 3`, [names])
  const tables = ['global_priv', 'db', 'tables_priv', 'columns_priv', 'procs_priv', 'roles_mapping', 'proxies_priv']
  const rows = await Promise.all(tables.map(of))
  // Who granted something, and when, is no right.
  const rights = rows.flat().map((row) => ({ ...row, Timestamp: undefined, Grantor: undefined }))
  return rights.map((row) => JSON.stringify(row)).sort()
}

/** SHOW CREATE USER, without the hashes. */
export async function createUser(server: TestServer, { username }: TestLogin, host = '%'): Promise<string> {
  const [row = {}] = await server.query('SHOW CREATE USER ?@?', [username, host])
  return String(Object.values(row)[0]).replaceAll(/'\*[0-9A-F]{40}'/g, "'HASH'")
}
