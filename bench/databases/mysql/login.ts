import { createConnection } from 'mysql2/promise'
import type { LogIn } from '../../target.ts'
import { loginIn } from '../logins.ts'

/** Access denied to a database, a table, a column, a routine; a global privilege is missing. */
const missingPrivilege = [1044, 1142, 1143, 1370, 1227]

export const logIn: LogIn = async (value, { DATABASE_CA_BUNDLE: ca = '' }) => {
  const { username: user, password, host, port, dbname: database } = loginIn(value)
  const ssl = { ca, minVersion: 'TLSv1.2', verifyIdentity: true }
  const connection = await createConnection({ user, password, host, port, database, charset: 'utf8mb4', ssl })
  return {
    call: (text) =>
      connection.query(text).catch((error) => {
        if (!missingPrivilege.includes(error.errno)) throw error
      }),
    end: () => connection.end(),
  }
}
