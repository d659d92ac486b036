import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'

/** Where a server is, and the authority of its certificate as PEM. */
export interface Server {
  readonly host: string
  readonly port: number
  readonly ca: string
}

export interface Credentials {
  readonly username: string
  readonly password: string
}

export const database = 'app'

/** Runs statements, one after another, in a session of verified TLS, and gives the rows of the last. */
export type Driver = (server: Server, login: Credentials, statements: readonly string[]) => Promise<readonly object[]>

export const pgDriver: Driver = async ({ host, port, ca }, { username: user, password }, statements) => {
  const client = new Client({ host, port, user, password, database, ssl: { ca } })
  client.on('error', () => undefined)
  try {
    await client.connect()
    let rows: object[] = []
    for (const statement of statements) ({ rows } = await client.query(statement))
    return rows
  } finally {
    await client.end()
  }
}

export const mysqlDriver: Driver = async ({ host, port, ca }, { username: user, password }, statements) => {
  const ssl = { ca, verifyIdentity: true }
  const connection = await createConnection({ host, port, user, password, database, ssl, connectTimeout: 5_000 })
  try {
    let rows: object[] = []
    for (const statement of statements) {
      const [answer] = await connection.query(statement)
      rows = Array.isArray(answer) ? answer : []
    }
    return rows
  } finally {
    await connection.end()
  }
}

/** Whether the server has said that name and password are wrong, and nothing else went wrong. */
export function isRefusal(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === '28P01' || code === 'ER_ACCESS_DENIED_ERROR'
}
