import { setTimeout as sleep } from 'node:timers/promises'
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise'
import type { MysqlServer } from '../../../local/servers/mysql-process.ts'
import { type BenchPlace, hasOpenSessions, type Move } from '../../target.ts'
import { loginsOf } from '../logins.ts'

/** @param server a server that writes its general log into a table */
export async function benchServer(
  server: MysqlServer,
  engine: string,
  particular: Pick<Parameters<typeof loginsOf>[0], 'derived' | 'strategies'>,
): Promise<BenchPlace> {
  const { host, port, superuser, ca } = server
  const admin = await createConnection({ host, port, user: superuser.username, password: superuser.password })
  await admin.query('SET SESSION sql_log_off = ON')
  await admin.query('CREATE DATABASE app')
  return {
    env: { DATABASE_CA_BUNDLE: ca },
    driver: new URL('login.ts', import.meta.url).href,
    make: loginsOf({
      ...particular,
      superuser,
      fields: { engine, host, port, dbname: 'app' },
      async createLogin({ username, password }, { grants = [] }) {
        await admin.query(`CREATE USER '${username}'@'%' IDENTIFIED BY '${password}'`)
        for (const grant of ['GRANT ALL ON app.* TO', ...grants]) await admin.query(`${grant} '${username}'@'%'`)
      },
    }),
    async record() {
      await admin.query('SET GLOBAL general_log = ON')
      return {
        moves: () => takeMoves(admin),
        async [Symbol.asyncDispose]() {
          await admin.query('SET GLOBAL general_log = OFF')
        },
      }
    },
    async [Symbol.asyncDispose]() {
      await admin.end()
      await server[Symbol.asyncDispose]()
    },
  }
}

async function takeMoves(admin: Connection): Promise<Move[]> {
  for (let tries = 0; tries < 400; tries++) {
    // The rows come in the order in which they were written: the table has no other order.
    const [rows] = await admin.query<LogRow[]>(
      'SELECT thread_id, command_type, CONVERT(argument USING utf8mb4) AS argument FROM mysql.general_log',
    )
    const moves = rows.map(moveOf)
    if (!hasOpenSessions(moves)) {
      await admin.query('TRUNCATE TABLE mysql.general_log')
      return moves
    }
    await sleep(5)
  }
  throw new Error('a session did not end')
}

interface LogRow extends RowDataPacket {
  readonly thread_id: number
  readonly command_type: string
  readonly argument: string
}

function moveOf({ thread_id, command_type, argument }: LogRow): Move {
  const session = String(thread_id)
  if (command_type === 'Connect') {
    const [, username] = /^(\w+)@\S+ on /.exec(argument) ?? []
    if (username === undefined) throw new Error(`a login was refused: ${argument}`)
    return { session, does: 'login', who: username }
  }
  if (command_type === 'Query') return { session, does: 'call', text: argument }
  if (command_type === 'Quit') return { session, does: 'end' }
  throw new Error(`the floor knows no ${command_type}`)
}
