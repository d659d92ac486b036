import { Client } from 'pg'
import type { LogIn } from '../database.ts'

export const logIn: LogIn = async ({ username: user, password, host, port, dbname: database }, ca) => {
  const ssl = { ca: [ca], minVersion: 'TLSv1.2' as const }
  const client = new Client({ user, password, host, port, database, ssl })
  await client.connect()
  return {
    query: (text, values) => (values === undefined ? client.query(text) : client.query(text, [...values])),
    end: () => client.end(),
  }
}
