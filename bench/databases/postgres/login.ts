import { Client } from 'pg'
import type { LogIn } from '../../target.ts'
import { loginIn } from '../logins.ts'

export const logIn: LogIn = async (value, { DATABASE_CA_BUNDLE: ca = '' }) => {
  const { username: user, password, host, port, dbname: database } = loginIn(value)
  const ssl = { ca: [ca], minVersion: 'TLSv1.2' as const }
  const client = new Client({ user, password, host, port, database, ssl })
  await client.connect()
  return {
    call: (text, values) => (values === undefined ? client.query(text) : client.query(text, [...values])),
    end: () => client.end(),
  }
}
