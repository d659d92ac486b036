import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { saltFor, scramVerifier } from '../../../functions/postgres/scram.ts'
import { startPostgres } from '../../../local/servers/postgres.ts'
import { type BenchPlace, type BenchTarget, hasOpenSessions, type Move } from '../../target.ts'
import { loginsOf } from '../logins.ts'
import { movesIn } from './log.ts'

export const postgres: BenchTarget = { start }

async function start(): Promise<BenchPlace> {
  // By the process at its beginning, log.ts knows which session a line is about.
  const server = await startPostgres(18, { log_line_prefix: '[%p] ' })
  const { host, port, superuser, ca } = server
  const admin = new Client({ ...superuser, user: superuser.username, host, port, database: 'postgres', ssl: { ca } })
  await admin.connect()

  async function logAll(value: boolean): Promise<void> {
    const toggle = value ? 'on' : 'off'
    const settings = { log_connections: toggle, log_disconnections: toggle, log_statement: value ? 'all' : 'none' }
    for (const [name, each] of Object.entries(settings)) await admin.query(`ALTER SYSTEM SET ${name} = '${each}'`)
    await admin.query('SELECT pg_reload_conf()')
    // Sessions learn of the settings after the server itself: once this one has them, all new ones will.
    while ((await admin.query('SHOW log_statement')).rows[0].log_statement !== settings.log_statement) await sleep(5)
  }

  return {
    env: { DATABASE_CA_BUNDLE: ca },
    driver: new URL('login.ts', import.meta.url).href,
    make: loginsOf({
      superuser,
      fields: { engine: 'postgres', host, port, dbname: 'postgres' },
      async createLogin({ username, password }) {
        await admin.query(`CREATE ROLE ${username} LOGIN PASSWORD '${password}'`)
      },
      derived: ({ token, pending }) => ({
        verifier: scramVerifier(pending.password, saltFor(token, pending.username)),
      }),
    }),
    async record() {
      await logAll(true)
      let seen = server.log().length
      return {
        async moves() {
          // The log arrives through a pipe: when this mark is there, all earlier lines are there, too.
          const mark = randomUUID()
          await admin.query(`SELECT '${mark}'`)
          const { moves, end } = await movesUntil(mark, seen, server.log)
          seen = end
          return moves
        },
        [Symbol.asyncDispose]: () => logAll(false),
      }
    },
    async [Symbol.asyncDispose]() {
      await admin.end()
      await server[Symbol.asyncDispose]()
    },
  }
}

async function movesUntil(mark: string, from: number, log: () => string): Promise<{ moves: Move[]; end: number }> {
  for (let tries = 0; tries < 400; tries++) {
    const text = log().slice(from)
    const moves = movesIn(text)
    if (text.includes(mark) && !hasOpenSessions(moves)) return { moves, end: from + text.length }
    await sleep(5)
  }
  throw new Error('a session did not end')
}
