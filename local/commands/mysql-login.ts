import { createConnection } from 'mysql2/promise'
import type { MysqlServer } from '../servers/mysql-process.ts'
import type { Login } from './throw-away-server.ts'

/** Makes a login that may do anything in a new database of the same name, as applications often may. */
export async function createMysqlLogin(
  { port, superuser }: MysqlServer,
  host: string,
  { username, password }: Login,
  globalPrivilege?: string,
): Promise<void> {
  const root = { user: superuser.username, password: superuser.password }
  const connection = await createConnection({ host, port, ...root, connectTimeout: 5_000 })
  await connection.query(`CREATE DATABASE ${username}`)
  await connection.query(`CREATE USER ${username}@'%' IDENTIFIED BY '${password}'`)
  await connection.query(`GRANT ALL ON ${username}.* TO ${username}@'%'`)
  if (globalPrivilege !== undefined) await connection.query(`GRANT ${globalPrivilege} ON *.* TO ${username}@'%'`)
  await connection.end()
}
