import { setTimeout as sleep } from 'node:timers/promises'
import { type Connection, createConnection } from 'mysql2/promise'
import type { DatabaseSecret, Driver } from '../../examples/application/database.ts'
import { isRefusedMysqlLogin, mysqlLogin } from '../../examples/application/mysql.ts'
import { startMariadb } from '../servers/mariadb.ts'
import { startMysql } from '../servers/mysql.ts'
import type { MysqlServer } from '../servers/mysql-process.ts'
import { databaseClient, demonstrationsOn } from './databases.ts'
import type { DemoTarget } from './target.ts'

/** MySQL with TLS and a certificate of its own, and the demonstrations on it. */
export async function startMysqlDemo(): Promise<DemoTarget> {
  const server = await startMysql({ 'general-log': 'ON' })
  // With this privilege an account adds a password by itself; without it the superuser's secret is asked for.
  const grants = ['GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO']
  return await demoServer(server, 'MySQL', 'mysql', {
    'dual-password': { logins: 3, calls: 11, superuser: false, grants },
  })
}

/** MariaDB with TLS and a certificate of its own, and the demonstrations on it. */
export async function startMariadbDemo(): Promise<DemoTarget> {
  const server = await startMariadb('11.8', { 'general-log': 'ON' })
  return await demoServer(server, 'MariaDB', 'mariadb', { 'alternating-users': { logins: 4, calls: 13 } })
}

async function demoServer(
  server: MysqlServer,
  name: string,
  engine: string,
  strategies: NonNullable<Parameters<typeof demonstrationsOn>[0]['strategies']>,
): Promise<DemoTarget> {
  const { host, port, superuser, ca } = server
  const { driver, sessions } = loginForEveryQuery(ca)
  const admin = await createConnection({ ...mysqlLogin({ ...superuser, host, port, ssl: false }, ca) })
  await admin.query('SET SESSION sql_log_off = 1')
  await admin.query('CREATE DATABASE app')
  const demonstrations = await demonstrationsOn({
    // A name, not an address: only a name is verified by every client.
    engine,
    host: 'localhost',
    port,
    dbname: 'app',
    superuser,
    strategies,
    async createLogin({ username, password }, grants) {
      await admin.query(`CREATE USER '${username}'@'%' IDENTIFIED BY '${password}'`)
      for (const grant of ['GRANT ALL ON app.* TO', ...grants]) await admin.query(`${grant} '${username}'@'%'`)
    },
  })

  return {
    title: `${name} ${server.version}`,
    env: { DATABASE_CA_BUNDLE: ca },
    demonstrations,
    client: databaseClient(driver),
    mark: () => server.log().length,
    async loginsSince(mark) {
      await sleep(100) // the server's log arrives through a file
      const log = server.log().slice(mark)
      const logins = [...log.matchAll(/\t\s*(\d+) Connect\t(Access denied)?/g)]
      const refused = logins.filter(([, , denied]) => denied).map(([, session]) => Number(session))
      // The log says who logged in, not from which program: the logins that are not the application's are the functions'.
      const others = new Set([...(await sessions()), ...refused])
      const byFunctions = logins.filter(([, session]) => !others.has(Number(session))).length
      return { byFunctions, refused: refused.length }
    },
    async [Symbol.asyncDispose]() {
      await admin.end()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** `sessions` gives the server's numbers of all logins that have been begun by now. */
function loginForEveryQuery(ca: string): { driver: Driver<unknown>; sessions(): Promise<ReadonlySet<number>> } {
  const numbers = new Set<number>()
  const beginning = new Set<Promise<Connection>>()
  async function logIn(secret: DatabaseSecret): Promise<Connection> {
    const login = createConnection({ ...mysqlLogin(secret, ca), connectAttributes: { program_name: 'application' } })
    beginning.add(login)
    try {
      const connection = await login
      numbers.add(connection.threadId)
      return connection
    } finally {
      beginning.delete(login)
    }
  }
  const driver: Driver<unknown> = {
    open(secret) {
      return {
        async query(text, values) {
          const connection = await logIn(secret)
          try {
            return await connection.query(text, values)
          } finally {
            await connection.end()
          }
        },
        end: async () => undefined,
      }
    },
    isRefusedLogin: isRefusedMysqlLogin,
  }
  async function sessions() {
    await Promise.allSettled(beginning)
    return numbers
  }
  return { driver, sessions }
}
